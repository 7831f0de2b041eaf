"""`refresh.yml`: what a refresh lands and how many versions it keeps."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from scorecard.landing.declarations import Declarations, tools
from scorecard.landing.land import Options, parse_instant
from scorecard.refresh.outcomes import Misuse

DEFAULT_NAME = "refresh.yml"
EXAMPLE = "refresh.example.yml"
DEFAULT_KEEP = 7
KEYS = ("land", "keep")
ENTRY_KEYS = (
    "tool",
    "path",
    "glob",
    "object",
    "covers_from",
    "covers_to",
    "repository",
    "default_branch",
)


@dataclass(frozen=True)
class Entry:
    """What is landed with one call: paths of a tool, and what is stated of them."""

    tool: str
    paths: tuple[Path, ...]
    options: Options


@dataclass(frozen=True)
class Config:
    """A configuration that was read and whose paths exist."""

    land: tuple[Entry, ...] = ()
    keep: int = DEFAULT_KEEP


def config_path(given: Path | None, root: Path) -> Path:
    """The file given, else the one that `SCORECARD_REFRESH_CONFIG` names, else the project's refresh.yml."""
    if given is not None:
        return given
    named = os.environ.get("SCORECARD_REFRESH_CONFIG")
    return root / named if named else root / DEFAULT_NAME


def load_config(path: Path, declarations: Declarations, lands_own: bool = True) -> Config:
    """Read a configuration; relative paths count from its folder.

    With `lands_own` false (target sample) the file may be missing, and its exports are not looked at.
    Raises Misuse for anything that cannot be carried out: one sentence with the place and the remedy.
    """
    shown = os.path.relpath(path)
    if not path.is_file():
        if not lands_own and path.name == DEFAULT_NAME:
            return Config()
        raise Misuse(
            f"{shown}: there is no such file. Copy {EXAMPLE} to {DEFAULT_NAME} and name your exports in it."
        )
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        why = " ".join(str(error).split())
        raise Misuse(f"{shown}: this is no YAML that can be read ({why}). Correct it.") from error
    if loaded is None:
        loaded = {}
    if not isinstance(loaded, dict):
        raise Misuse(f"{shown}: a configuration consists of the keys {' and '.join(KEYS)}. See {EXAMPLE}.")
    _check_keys(loaded, KEYS, shown)
    keep = loaded.get("keep", DEFAULT_KEEP)
    if not isinstance(keep, int) or isinstance(keep, bool) or keep < 1:
        raise Misuse(f"{shown}: keep is {keep!r}; write how many versions to keep, 1 or more.")
    if not lands_own:
        return Config(keep=keep)
    entries = loaded.get("land") or []
    if not isinstance(entries, list):
        raise Misuse(f"{shown}: land is a list, each item with a tool and a path. See {EXAMPLE}.")
    folder = path.resolve().parent
    land = tuple(
        _entry(entry, f"{shown}, item {number} of land", folder, declarations)
        for number, entry in enumerate(entries, start=1)
    )
    return Config(land, keep)


def _check_keys(found: dict[Any, Any], known: tuple[str, ...], where: str) -> None:
    unknown = [str(key) for key in found if key not in known]
    if unknown:
        raise Misuse(f"{where}: there is no key {', '.join(unknown)}; choose from {', '.join(known)}.")


def _entry(entry: Any, where: str, folder: Path, declarations: Declarations) -> Entry:
    if not isinstance(entry, dict):
        raise Misuse(f"{where}: an item has a tool and a path, or a glob. See {EXAMPLE}.")
    _check_keys(entry, ENTRY_KEYS, where)
    tool = entry.get("tool")
    if tool not in tools(declarations):
        told = "names no tool" if tool is None else f'names the unknown tool "{tool}"'
        raise Misuse(f"{where}: it {told}; choose one of {', '.join(tools(declarations))}.")
    name = _text(entry, "object", where)
    if name is not None and name not in declarations[tool]:
        known = ", ".join(sorted(declarations[tool]))
        raise Misuse(f'{where}: "{name}" is no object of {tool}; choose one of {known}.')
    covers_from = _instant(entry, "covers_from", where)
    covers_to = _instant(entry, "covers_to", where, is_end=True)
    options = Options(
        object=name,
        repository=_text(entry, "repository", where),
        default_branch=_text(entry, "default_branch", where),
        covers_from=covers_from,
        covers_to=covers_to,
    )
    return Entry(tool, _paths(entry, where, folder), options)


def _text(entry: dict[str, Any], key: str, where: str) -> str | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        raise Misuse(f"{where}: {key} is {value!r}; write a text.")
    return value


def _instant(entry: dict[str, Any], key: str, where: str, is_end: bool = False) -> datetime | None:
    """An instant as the command line takes it; YAML has made a date or an instant of some already."""
    value = entry.get(key)
    if value is None:
        return None
    try:
        return parse_instant(value.isoformat() if isinstance(value, date) else value, is_end)
    except (TypeError, ValueError) as error:
        raise Misuse(
            f"{where}: {key} is {value!r}; write 2026-01-31, 2026-01-31T09:30:00Z or now."
        ) from error


def _paths(entry: dict[str, Any], where: str, folder: Path) -> tuple[Path, ...]:
    given = [key for key in ("path", "glob") if entry.get(key) is not None]
    if len(given) != 1:
        raise Misuse(f"{where}: it needs a path or a glob, one of them.")
    text = entry[given[0]]
    if not isinstance(text, str) or not text:
        raise Misuse(f"{where}: {given[0]} is {text!r}; write a path.")
    if given[0] == "path":
        path = folder / Path(text).expanduser()
        if not path.exists():
            raise Misuse(f"{where}: there is no {text}. Correct the path; it counts from this file.")
        return (path,)
    found = sorted(glob.glob(str(folder / Path(text).expanduser()), recursive=True))
    if not found:
        raise Misuse(f"{where}: no file matches {text}. Correct the pattern; it counts from this file.")
    return tuple(Path(name) for name in found)
