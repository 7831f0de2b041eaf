"""Exports that change before every refresh, so that each has something to land."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

TOOLS = ("git", "github", "jira", "pagerduty", "hubspot", "planning")
SMALL_TEAMS = 1200
SMALL_PEOPLE = 800

# Writes the exports of a number into a folder and returns what `refresh.yml` lists.
Entries = list[dict[str, str]]
Exports = Callable[[Path, int], Entries]


def small_exports(folder: Path, number: int) -> Entries:
    """Two planning sheets: keys that are new, keys whose names changed, keys that stay as they are."""
    sheets = folder / "planning"
    sheets.mkdir(parents=True, exist_ok=True)
    teams = range(number * 200, number * 200 + SMALL_TEAMS)
    people = range(number * 100, number * 100 + SMALL_PEOPLE)
    changed = f"since {number}"
    (sheets / "teams.csv").write_text(
        "team_id,name\n" + "".join(f"t{i},Team {i} {changed if i % 3 else ''}\n" for i in teams)
    )
    (sheets / "people.csv").write_text(
        "person_id,name,email\n"
        + "".join(f"p{i},Person {i} {changed if i % 2 else ''},p{i}@example.com\n" for i in people)
    )
    return [{"tool": "planning", "path": str(sheets)}]


def company_exports(company: Path) -> Exports:
    """Exports of a whole company that are given out anew: rows in another order, and one person more each."""

    def write(folder: Path, number: int) -> Entries:
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(company, folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, "is_sample": False}))
        with (folder / "planning" / "people.csv").open("a") as sheet:
            sheet.writelines(f"new{i},New {i},new{i}@example.com\n" for i in range(number + 1))
        for path in sorted(folder.rglob("*")):
            if path.suffix == ".gz":
                lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
                path.write_bytes(gzip.compress(b"".join(_turned(lines, number)), mtime=0))
            elif path.suffix == ".csv":
                header, *lines = path.read_bytes().splitlines(keepends=True)
                if not any(line.count(b'"') % 2 for line in lines):
                    path.write_bytes(b"".join([header, *_turned(lines, number)]))
        return [{"tool": tool, "path": str(folder / tool)} for tool in TOOLS]

    return write


def _turned(lines: list[bytes], number: int) -> list[bytes]:
    place = number % len(lines) if lines else 0
    return lines[place:] + lines[:place]
