"""Lands small, well-formed exports quickly: the rows that `scorecard land` would land, without its care.

The product's landing costs some 30 ms a file, which thousands of random companies cannot afford. A test holds
both to the same rows. It takes every row for well formed, and a key's newest version in a file.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from scorecard.landing.declarations import Column, Declaration, load_declarations
from scorecard.landing.files import object_of
from scorecard.landing.land import (
    MANIFEST,
    Landing,
    Options,
    company_folders,
    with_manifest,
)
from scorecard.landing.warehouse import DuckDBWarehouse
from scorecard.names import snake_case
from scorecard.targets import project_root

Record = dict[str, Any]
ARROW_TYPES = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
}


def land_quickly(connection: duckdb.DuckDBPyConnection, exports: Path, landed_at: datetime) -> None:
    """Appends a company's exports to raw tables that exist and are empty, and enters them in the books.

    Raises:
        ValueError: no manifest says what span an export speaks for, or git could not be landed.
    """
    loads: list[Record] = []
    for tool, folder in company_folders(exports, load_declarations(project_root())):
        options = with_manifest(folder, Options(landed_at=landed_at))
        if options.covers_from is None or options.covers_to is None:
            raise ValueError(f"{folder}: no manifest says what span the export speaks for")
        if tool == "git":
            _land_git(connection, folder, options)
            continue
        for path in sorted(folder.iterdir()):
            if path.name == MANIFEST:
                continue
            declaration = load_declarations(project_root())[tool][object_of(path.name) or ""]
            records = _read_records(path)
            load_id = 1000 + len(loads)
            landed = _append(connection, declaration, records, load_id)
            loads.append(_load(declaration, path, load_id, len(records), landed, options))
    columns = load_declarations(project_root())["meta"]["loads"].columns
    _insert(connection, "raw_meta.loads", columns, loads)
    salt_as_ever(connection)


def salt_as_ever(connection: duckdb.DuckDBPyConnection) -> None:
    """Put another salt in the place of the one that landing drew: a person has one key in every replay."""
    connection.execute("delete from raw_meta.person_salts")
    connection.execute("insert into raw_meta.person_salts values ('replayed')")


def _land_git(connection: duckdb.DuckDBPyConnection, folder: Path, options: Options) -> None:
    for outcome in Landing(DuckDBWarehouse(connection)).land("git", [folder], options):
        if outcome.failure:
            raise ValueError(outcome.failure)


def _load(
    declaration: Declaration, path: Path, load_id: int, read: int, landed: int, options: Options
) -> Record:
    return {
        "load_id": load_id,
        "tool": declaration.tool,
        "object": declaration.object,
        "source_path": path.name,
        "content_hash": path.name,
        "rows_read": read,
        "rows_landed": landed,
        "rows_new": landed,
        "rows_updated": 0,
        "rows_unchanged": 0,
        "rows_rejected": read - landed,
        "covers_from": options.covers_from,
        "covers_to": options.covers_to,
        "is_covers_stated": True,
        "is_sample": options.is_sample,
        "landed_at": options.landed_at,
    }


def _read_records(path: Path) -> list[Record]:
    if ".csv" in path.suffixes:
        rows = csv.DictReader(_text(path).splitlines(keepends=True))
        return [{name: value or None for name, value in row.items()} for row in rows]
    text = _text(path)
    if text.startswith("["):
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines() if line]


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def _append(
    connection: duckdb.DuckDBPyConnection, declaration: Declaration, records: Sequence[Record], load_id: int
) -> int:
    known = set(declaration.column_names)
    rows = []
    # A row's number is its place among JSON's records, its line in a sheet.
    first = 2 if declaration.tool == "planning" else 1
    for number, record in enumerate(records, start=first):
        fields = {snake_case(name): value for name, value in record.items()}
        further = {name: value for name, value in record.items() if snake_case(name) not in known and value}
        extra = _as_text(further) if further else None
        rows.append({**fields, "_extra": extra, "_load_id": load_id, "_row_number": number})
    rows = _newest(declaration, rows)
    own = (Column("_extra", "text"), Column("_load_id", "bigint"), Column("_row_number", "bigint"))
    _insert(connection, declaration.table, (*declaration.columns, *own), rows)
    return len(rows)


def _newest(declaration: Declaration, rows: Sequence[Record]) -> list[Record]:
    """Of rows with one key the newest version, of equal versions the last."""
    if not declaration.key:
        return list(rows)
    kept: dict[tuple[Any, ...], Record] = {}
    for row in rows:
        key = tuple(row.get(name) for name in declaration.key)
        if key not in kept or _version(declaration, row) >= _version(declaration, kept[key]):
            kept[key] = row
    return list(kept.values())


def _version(declaration: Declaration, row: Record) -> datetime:
    path = declaration.version
    value: Any = row.get(path.column) if path else None
    for name in path.inner if path else ():
        value = (value or {}).get(name)
    return datetime.fromisoformat(value).astimezone(UTC) if value else datetime.min.replace(tzinfo=UTC)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[Column], rows: Sequence[Record]
) -> None:
    if not rows:
        return
    arrays = {
        column.name: pa.array(
            [READERS[column.data_type](row.get(column.name)) for row in rows], ARROW_TYPES[column.data_type]
        )
        for column in columns
    }
    connection.register("incoming", pa.table(arrays))
    connection.execute(f"insert into {table} by name select * from incoming")
    connection.unregister("incoming")


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


READERS: dict[str, Callable[[Any], Any]] = {
    "text": _as_text,
    "bigint": lambda value: None if value in (None, "") else int(value),
    "double precision": lambda value: None if value in (None, "") else float(value),
    "boolean": lambda value: value if isinstance(value, bool | None) else str(value).lower() == "true",
    "timestamp": lambda value: value,
}
