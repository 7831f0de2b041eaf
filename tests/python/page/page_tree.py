"""A page as the command wrote it, read back as a browser reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

import tinyhtml5
from click.testing import CliRunner
from scorecard.page.command import command

Changed = Callable[..., Path]


@dataclass(frozen=True)
class Made:
    """What the command said and wrote."""

    folder: Path
    exit_code: int
    output: str

    @staticmethod
    def of(warehouse: Path, folder: Path, *arguments: str) -> Made:
        environment = {"SCORECARD_TARGET": "duckdb", "SCORECARD_WAREHOUSE": str(warehouse)}
        done = CliRunner().invoke(
            command, ["--out", str(folder), *arguments], env=environment, catch_exceptions=False
        )
        return Made(folder, done.exit_code, done.output)

    @property
    def html(self) -> str:
        return (self.folder / "scorecard.html").read_text(encoding="utf-8")

    @property
    def tree(self) -> Element:
        parsed: Element = tinyhtml5.parse(self.html, namespace_html_elements=False)
        return parsed

    @property
    def text(self) -> str:
        return text_of(self.tree.find("body"))


def text_of(element: Element | None) -> str:
    """All text of an element on one line."""
    assert element is not None
    return " ".join(" ".join(element.itertext()).split())


def with_class(element: Element, name: str) -> list[Element]:
    return [one for one in elements(element) if name in (one.get("class") or "").split()]


def elements(element: Element) -> Iterator[Element]:
    """The element and all in it, comments left out."""
    return (one for one in element.iter() if isinstance(one.tag, str))


def by_id(tree: Element, key: str) -> Element:
    (found,) = [one for one in elements(tree) if one.get("id") == key]
    return found


def parts(element: Element) -> list[tuple[str, str]]:
    """The terms of a description list with what each says, in order."""
    told: list[tuple[str, str]] = []
    for one in elements(element):
        if one.tag == "dt":
            told.append((text_of(one), ""))
        elif one.tag == "dd":
            told[-1] = (told[-1][0], text_of(one))
    return told
