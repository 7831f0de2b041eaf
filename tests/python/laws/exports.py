"""A company's export folder, read into rows and written again."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Exports = dict[tuple[str, str], list[Record]]
"""Rows by tool and object."""

MANIFEST = "manifest.json"


def read_exports(folder: Path) -> Exports:
    """Rows of every file but git's bundles."""
    return {
        (path.parent.name, path.name.split(".")[0]): _read(path)
        for path in sorted(folder.glob("*/*"))
        if path.parent.name != "git"
    }


def write_exports(exports: Mapping[tuple[str, str], Sequence[Record]], source: Path, out: Path) -> Path:
    """Writes rows as files of the names and columns of `source`, with its git bundles and manifest."""
    for path in sorted(source.glob("*/*")):
        target = out / path.parent.name / path.name.removesuffix(".gz")
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == "git":
            shutil.copy(path, target)
        else:
            _write(target, exports[path.parent.name, path.name.split(".")[0]], _columns(path))
    shutil.copy(source / MANIFEST, out / MANIFEST)
    return out


def rewritten(source: Path, out: Path, rewrite: Callable[[str], str]) -> Path:
    """Writes a folder with every file but git's, manifest included, passed through a function of its text."""
    for path in sorted(source.rglob("*")):
        target = out / path.relative_to(source)
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.name == "git":
                shutil.copy(path, target)
            else:
                target.with_name(target.name.removesuffix(".gz")).write_text(rewrite(_text(path)), "utf-8")
    return out


def write_rows(path: Path, rows: Sequence[Record]) -> Path:
    """Writes rows as lines of JSON, or as a sheet (with the first row's columns) where the path says so."""
    _write(path, rows, tuple(rows[0]) if rows else ())
    return path


def _read(path: Path) -> list[Record]:
    if ".csv" in path.suffixes:
        return list(csv.DictReader(_text(path).splitlines(keepends=True)))
    text = _text(path)
    return (
        list(json.loads(text)) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    )


def _columns(path: Path) -> tuple[str, ...]:
    return tuple(next(csv.reader(_text(path).splitlines()))) if ".csv" in path.suffixes else ()


def _write(path: Path, rows: Sequence[Record], columns: Sequence[str]) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines or "[]\n", encoding="utf-8")


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
