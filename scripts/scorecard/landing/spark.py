"""Writing for Spark: DuckDB reads and merges, rows lie in Parquet files that Spark reads where they are.

The warehouse's folder holds, below `landed/`:

    <table>/<generation>/part-….parquet   rows of a table; a generation is never changed
    tables/tables.json                    one line a table: which generation holds

A landing writes new generations, then puts a new list in the old one's place: that one rename is its commit.
What the list does not name was never landed, whatever a landing that was killed left behind.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import duckdb

from scorecard.landing.declarations import Declaration
from scorecard.landing.errors import BadInput
from scorecard.landing.sql import identifier, literal
from scorecard.landing.warehouse import (
    DECISIONS,
    OWN_COLUMNS,
    STAGED,
    DuckDBWarehouse,
    Merged,
    close_merge,
    gone_condition,
    merge_statements,
    updated_condition,
)
from scorecard.targets import Target

LANDED = "landed"
LIST = Path("tables") / "tables.json"
# A table of more parts is written anew as one: many small files are slow to read.
MOST_PARTS = 32
# A build that began before a landing reads the generations that it began with.
KEPT_SECONDS = 24 * 60 * 60
PART = "_part"
_CHANGE = re.compile(r"\s*(?:insert into|delete from|update)\s+raw_meta\.(\w+)", re.IGNORECASE)


class SparkWarehouse(DuckDBWarehouse):
    """Raw tables and the books as Parquet files below a folder that Spark sees under the same path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / LANDED
        self._spill = tempfile.TemporaryDirectory(prefix="scorecard-")
        reading = duckdb.connect(
            config={"threads": 2, "memory_limit": "1GB", "temp_directory": self._spill.name}
        )
        super().__init__(reading, owns_connection=True)
        self._lock: IO[str] | None = None
        self._list_text: str | None = None
        self._generations: dict[str, str] = {}
        self._written: list[Path] = []
        self._changed_books: set[str] = set()
        self._attach()

    @classmethod
    def open_folder(cls, target: Target) -> SparkWarehouse:
        """Open (or create) the folder. Raises BadInput where it cannot be used."""
        assert target.path is not None
        try:
            (target.path / LANDED / LIST.parent).mkdir(parents=True, exist_ok=True)
            return cls(target.path)
        except (OSError, ValueError, KeyError, duckdb.Error) as error:
            why = " ".join(str(error).split())[:300]
            raise BadInput(
                f"{target.shown}: this folder cannot be used as a warehouse ({why}). "
                "Check SCORECARD_SPARK_FOLDER: a folder that this machine and Spark both see."
            ) from error

    # Transactions

    def begin(self) -> None:
        self._lock = (self.folder / ".lock").open("w")
        # Two landings at once would give out one number twice.
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._attach()
        super().begin()

    def commit(self) -> None:
        try:
            for name in self._books_to_write():
                self._write(f"raw_meta.{name}", f"select {self._book_columns(name)} from raw_meta.{name}", [])
            if self._written:
                self._replace_list()
        except BaseException:
            self.rollback()
            raise
        try:
            super().commit()
            if self._written:
                self._remove_old()
        finally:
            self._release()

    def rollback(self) -> None:
        try:
            super().rollback()
            for generation in self._written:
                shutil.rmtree(generation, ignore_errors=True)
            self._list_text = None
        finally:
            self._release()

    def close(self) -> None:
        super().close()
        self._spill.cleanup()

    def execute(self, statement: str) -> None:
        done = self.reading.execute(statement)
        change = _CHANGE.match(statement)
        if change and done.fetchall()[0][0]:
            self._changed_books.add(change.group(1))

    def _release(self) -> None:
        self._written = []
        self._changed_books = set()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # The list of tables

    def _attach(self) -> None:
        """Show what the list names, where another landing replaced it since it was read."""
        path = self.folder / LIST
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text == self._list_text:
            return
        self._list_text = text
        lines = [json.loads(line) for line in text.splitlines()]
        self._generations = {line["table_name"]: line["folder"] for line in lines}
        schemas = "select distinct schema_name from duckdb_schemas() where schema_name like 'raw_%'"
        for (schema,) in self.query(schemas):
            self.execute(f"drop schema {schema} cascade")
        for table in self._generations:
            self.execute(f"create schema if not exists {table.split('.')[0]}")
            kind = "table" if table.startswith("raw_meta.") else "view"
            self.execute(f"create {kind} {table} as {self._rows_of(table)}")

    def _replace_list(self) -> None:
        lines = [
            json.dumps({"table_name": table, "folder": folder})
            for table, folder in sorted(self._generations.items())
        ]
        path = self.folder / LIST
        # Spark passes over files whose name begins with a dot.
        draft = path.with_name(".tables.json")
        text = "".join(line + "\n" for line in lines)
        with draft.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        self._list_text = text

    def _remove_old(self) -> None:
        """Remove generations that no list has named for a day, and what landings that were killed left."""
        named = {self.folder / folder for folder in self._generations.values()}
        for generation in self.folder.glob("raw_*/*/"):
            is_old = time.time() - generation.stat().st_mtime > KEPT_SECONDS
            if generation not in named and is_old:
                shutil.rmtree(generation, ignore_errors=True)

    # Generations

    def _parts(self, table: str) -> list[Path]:
        folder = self._generations.get(table)
        return sorted((self.folder / folder).glob("*.parquet")) if folder else []

    def _rows_of(self, table: str) -> str:
        """SQL of a table's rows as its files hold them; their instants become UTC without an offset."""
        source = _parquet(self._parts(table))
        described = self.query(f"describe {source}")
        columns = [
            f"{identifier(name)} at time zone 'UTC' as {identifier(name)}"
            if data_type == "TIMESTAMP WITH TIME ZONE"
            else identifier(name)
            for name, data_type, *_ in described
        ]
        return f"select {', '.join(columns)} {source}"

    def _books_to_write(self) -> list[str]:
        """The books that changed; with the first of them all, so that whoever finds one finds the other."""
        if not self._changed_books:
            return []
        there = self.query("select table_name from duckdb_tables() where schema_name = 'raw_meta'")
        return sorted(
            name
            for (name,) in there
            if name in self._changed_books or f"raw_meta.{name}" not in self._generations
        )

    def _book_columns(self, name: str) -> str:
        """Columns of a book as Spark reads them: its instants carry an offset."""
        described = self.query(f"describe raw_meta.{name}")
        return ", ".join(
            f"{identifier(column)} at time zone 'UTC' as {identifier(column)}"
            if data_type == "TIMESTAMP"
            else identifier(column)
            for column, data_type, *_ in described
        )

    def _write(self, table: str, rows: str, kept: list[Path]) -> None:
        """A new generation of a table: rows, given as SQL, and parts of the old one that stay as they are."""
        home = self.folder / table
        home.mkdir(exist_ok=True)
        number = 1 + max((int(path.name) for path in home.iterdir() if path.name.isdigit()), default=0)
        generation = home / f"{number:08d}"
        generation.mkdir()
        self._written.append(generation)
        part = generation / f"part-{number:08d}.parquet"
        self.execute(f"copy ({rows}) to {literal(str(part))} (format parquet, compression zstd)")
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        for path in kept:
            _link(path, generation / path.name)
        if table in self._generations:
            # The day that a replaced generation is kept counts from now.
            os.utime(self.folder / self._generations[table])
        self._generations[table] = generation.relative_to(self.folder).as_posix()

    # Landing

    def ensure(self, declaration: Declaration) -> None:
        """A view of a raw table with every declared column; the books are tables until they are written."""
        if declaration.tool == "meta":
            super().ensure(declaration)
            return
        parts = self._parts(declaration.table)
        there = {name for name, *_ in self.query(f"describe {_parquet(parts)}")} if parts else set()
        columns = ", ".join(
            f"{column.name if column.name in there else f'cast(null as {column.data_type})'} as {column.name}"
            for column in (*declaration.columns, *OWN_COLUMNS)
        )
        source = _parquet(parts) if parts else "from (select 1) where false"
        self.execute(f"create schema if not exists {declaration.schema}")
        self.execute(f"create or replace view {declaration.table} as select {columns} {source}")

    def stage(self, declaration: Declaration, rows: str, replaced: str | None = None) -> str:
        """Put rows, given as SQL on `reading`, where they can be judged; returns that relation."""
        self.execute(f"create or replace temp table {STAGED} as {rows}")
        return STAGED

    def merge(self, declaration: Declaration, staged: str, replaced: str | None = None) -> Merged:
        """Merge the rows of a relation that `stage` gave, their keys being unique."""
        self.ensure(declaration)
        decide, _, _ = merge_statements(declaration, self)
        self.execute(f"drop table if exists {DECISIONS}")
        self.execute(decide)
        counts = dict(self.query(f"select decision, count(*) from {DECISIONS} group by decision"))
        removed = [updated_condition(declaration)] if counts.get("updated") else []
        if replaced is not None:
            removed.append(gone_condition(declaration, replaced))
        self._write_merged(declaration, removed, has_rows=bool(counts.get("new") or counts.get("updated")))
        self.execute(f"drop table {STAGED}")
        return close_merge(self, counts)

    def _write_merged(self, declaration: Declaration, removed: Sequence[str], has_rows: bool) -> None:
        """Write a new generation where anything changed; parts that lose no row stay as they are."""
        names = [column.name for column in (*declaration.columns, *OWN_COLUMNS)]
        parts = self._parts(declaration.table)
        is_removed = " or ".join(f"({condition})" for condition in removed)
        rewritten = self._parts_with(parts, is_removed) if removed else []
        if not rewritten and not has_rows:
            return
        if len(parts) >= MOST_PARTS:
            rewritten = parts
        selects = []
        if rewritten:
            where = f" where ({is_removed}) is not true" if removed else ""
            selects.append(
                f"select {', '.join(names)} from {self._padded(rewritten, names)} as present{where}"
            )
        if has_rows:
            selects.append(
                f"select {', '.join(f'staged.{name}' for name in names)} from {STAGED} as staged "
                f"inner join {DECISIONS} as decisions on staged._row_number = decisions._row_number "
                "where decisions.decision in ('new', 'updated')"
            )
        kept = [path for path in parts if path not in rewritten]
        self._write(declaration.table, " union all ".join(selects), kept)
        self.ensure(declaration)

    def _parts_with(self, parts: list[Path], condition: str) -> list[Path]:
        """The parts that hold a row of the condition."""
        if not parts:
            return []
        found: list[tuple[Any, ...]] = self.query(
            f"select distinct present.{PART} {_parquet(parts, PART)} as present where {condition}"
        )
        names = {Path(name).name for (name,) in found}
        return [path for path in parts if path.name in names]

    def _padded(self, parts: list[Path], names: Sequence[str]) -> str:
        """SQL of the rows of parts, with NULL in columns that were declared since."""
        there = {name for name, *_ in self.query(f"describe {_parquet(parts)}")}
        missing = "".join(f", null as {name}" for name in names if name not in there)
        return f"(select *{missing} {_parquet(parts)})"


def _parquet(parts: Sequence[Path], part_column: str | None = None) -> str:
    """SQL `from` of Parquet files; a column that one of them lacks is NULL there."""
    listed = ", ".join(literal(str(part)) for part in parts)
    named = f", filename = {literal(part_column)}" if part_column else ""
    return f"from read_parquet([{listed}], union_by_name = true{named})"


def _link(path: Path, place: Path) -> None:
    """The same file in another folder; a copy where the file system knows no hard links."""
    try:
        os.link(path, place)
    except OSError:
        shutil.copyfile(path, place)
