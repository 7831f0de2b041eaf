"""The project's Markdown as tests read it: blocks, and the changes that a page tells to make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOLD = re.compile(r"^(New file|At the end of|In) `([^`]+)`:$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the last line of prose before it that is told of a file."""

    language: str
    text: str
    told: str | None


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", text)


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page in order."""
    end = 0
    told: str | None = None
    for match in FENCE.finditer(text):
        between = [line for line in text[end : match.start()].splitlines() if line.strip()]
        if between:
            told = between[-1] if TOLD.match(between[-1]) else None
        yield Block(match[1], match[2], told)
        end = match.end()


def new_files(text: str) -> set[str]:
    """Files that a page tells to make."""
    return {match[2] for line in text.splitlines() if (match := TOLD.match(line)) and match[1] == "New file"}


def apply(block: Block, root: Path) -> None:
    """Do in a copy of the project what a page tells: make a file, add to its end, or change some lines.

    Raises AssertionError where the lines to change are not there, or are there twice.
    """
    match = TOLD.match(block.told or "")
    assert match, block.text
    path = root / match[2]
    if match[1] == "New file":
        assert not path.exists(), f"{match[2]} exists"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
    elif match[1] == "At the end of":
        path.write_text(path.read_text() + block.text)
    else:
        lines = block.text.splitlines()
        before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
        after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
        there = path.read_text()
        assert there.count(before) == 1, f"{match[2]} does not hold once:\n{before}"
        path.write_text(there.replace(before, after))
