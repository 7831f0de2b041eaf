"""Versions as files: each publication is a new one, and a symbolic link says which is current."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from scorecard.landing.sql import identifier, literal
from scorecard.refresh.candidate import Candidate
from scorecard.refresh.identity import RUN_ID
from scorecard.refresh.journal import Journal, publications_sql
from scorecard.refresh.marts import RUN_ID_COMMENT
from scorecard.refresh.outcomes import RefreshError
from scorecard.refresh.versions import About, Published, to_remove
from scorecard.targets import Target, published_folder

CURRENT = "current.duckdb"
VERSION = re.compile(rf"scorecard-({RUN_ID.pattern})\.duckdb")
# The oldest storage that DuckDB writes with comments; releases from 1.1 on read it, keys and all.
STORAGE_VERSION = "v1.0.0"
MARTS = "marts"


class DuckDBVersions:
    """Versions in a folder. A reader has a version open as a whole or not at all."""

    def __init__(self, target: Target, tables: tuple[str, ...]) -> None:
        assert target.path is not None
        self._target = target
        self._warehouse = target.path
        self._tables = tables
        self.folder = published_folder(target)

    def current(self) -> str | None:
        link = self.folder / CURRENT
        if not link.is_symlink():
            if link.exists():
                raise RefreshError(
                    f"{_shown(link)} is a file of its own, not the link that a refresh makes: move it away."
                )
            return None
        found = VERSION.fullmatch(Path(os.readlink(link)).name)
        return found[1] if found and link.exists() else None

    def all(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        found = (VERSION.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(match[1] for match in found if match)

    def path(self, run_id: str) -> Path:
        """The file of a version."""
        return self.folder / f"scorecard-{run_id}.duckdb"

    def new_candidate(self) -> None:
        """The working warehouse is the candidate; dbt replaces its tables one by one."""

    def candidate(self, run_id: str) -> Candidate:
        return Candidate("duckdb", self._warehouse, {}, MARTS, run_id)

    def version(self, run_id: str) -> Candidate:
        return Candidate("duckdb", self.path(run_id), {}, MARTS, run_id)

    def about(self, version: Candidate) -> About:
        with _reading(version.path) as connection:
            try:
                rows = connection.execute(
                    "select max(as_of), max(definition_version), max(data_origin) from marts.scorecard"
                ).fetchall()
            except duckdb.Error as error:
                raise _no_scorecard(version.path) from error
        as_of, definition_version, origin = rows[0]
        return About(as_of, definition_version, origin or "none")

    def count_rows(self, version: Candidate) -> int:
        with _reading(version.path) as connection:
            try:
                return sum(
                    _scalar(connection, f"select count(*) from marts.{identifier(table)}")
                    for table in self._tables
                )
            except duckdb.Error as error:
                raise _no_scorecard(version.path) from error

    def fingerprint(self, run_id: str) -> str | None:
        with self._working() as connection:
            return _fingerprint(connection, self._tables)

    def publish(self, run_id: str, published_at: datetime, built: str | None = None) -> Published:
        """Copy the marts into a new file, bring it to the disk, and let the link point to it."""
        self.current()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        path = self.path(run_id)
        part = self.folder / f".{path.name}.part"
        try:
            rows = self._copy(part, run_id, built)
            # Whoever opens it to write gets an error, instead of locking out those who read.
            part.chmod(0o444)
            _to_disk(part)
            os.rename(part, path)
            _to_disk(self.folder)
            self._point_at(run_id)
        except BaseException:
            # What readers never had is no version to go back to; and a full disk has its room again.
            if self.current() != run_id:
                self.discard(run_id)
            raise
        return Published(rows, f"{_shown(path)} is current")

    def go_back(self, run_id: str) -> tuple[str, ...]:
        self.current()
        self._point_at(run_id)
        return ()

    def enter(self, run_id: str, published_at: datetime) -> None:
        with Journal(self._target).opened() as warehouse:
            warehouse.execute(f"attach {literal(str(self.path(run_id)))} as published (read_only)")
            warehouse.begin()
            warehouse.execute(publications_sql(run_id, published_at, "published.marts.scorecard"))
            warehouse.commit()
            warehouse.execute("detach published")

    def discard(self, run_id: str) -> None:
        if run_id == self.current():
            raise AssertionError(f"{run_id} is the current version")
        self.path(run_id).unlink(missing_ok=True)
        self._sweep()

    def prune(self, keep: int) -> tuple[list[str], list[str]]:
        # Whoever has a removed file open reads on to its end.
        removed = to_remove(self.all(), self.current(), keep)
        for run_id in removed:
            self.path(run_id).unlink(missing_ok=True)
        if removed:
            _to_disk(self.folder)
        return removed, []

    def _sweep(self) -> None:
        """Remove what a killed publication left half-made."""
        if self.folder.is_dir():
            for path in (*self.folder.glob(".scorecard-*.part*"), *self.folder.glob(".current-*")):
                path.unlink(missing_ok=True)

    def _point_at(self, run_id: str) -> None:
        """Swap the link: readers open the one file or the other, and never none."""
        link = self.folder / f".current-{run_id}"
        link.unlink(missing_ok=True)
        link.symlink_to(self.path(run_id).name)
        os.replace(link, self.folder / CURRENT)
        _to_disk(self.folder)

    @contextmanager
    def _working(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The working warehouse, attached as `working`; nobody writes to it meanwhile."""
        memory = os.environ.get("SCORECARD_MEMORY_LIMIT") or "1GB"
        with duckdb.connect(config={"threads": 2, "memory_limit": memory}) as connection:
            try:
                connection.execute(f"attach {literal(str(self._warehouse))} as working (read_only)")
            except duckdb.Error as error:
                raise _in_use(self._warehouse, str(error)) from error
            yield connection

    def _copy(self, destination: Path, run_id: str, built: str | None) -> int:
        """Copy the published tables with their keys and comments, each with a column of the run."""
        with self._working() as connection:
            # Here, and not before: until the copy is made nobody can change them any more.
            if built is not None and _fingerprint(connection, self._tables) != built:
                raise RefreshError(
                    f"The marts in {_shown(self._warehouse)} were changed since this run built them "
                    "(by a dbt build of somebody's), and nothing is known of them: "
                    "run scorecard refresh --resume, which builds them anew."
                )
            connection.execute(
                f"attach {literal(str(destination))} as published "
                f"(storage_version {literal(STORAGE_VERSION)})"
            )
            connection.execute("set preserve_insertion_order = false")
            connection.execute("begin transaction")
            connection.execute("create schema published.marts")
            rows = sum(_copy_table(connection, table, run_id, self._warehouse) for table in self._tables)
            connection.execute("commit")
            connection.execute("checkpoint published")
            connection.execute("detach published")
        return rows


def _fingerprint(connection: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> str:
    """A hash of the columns and rows of the tables of `working` that are there, in whatever order.

    The numbers that the engine gives its tables would not do: they begin anew when a file is opened.
    """
    listed = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'working' and schema_name = 'marts' order by table_name, column_index"
    ).fetchall()
    digest = hashlib.sha256()
    for table in tables:
        columns = [(column, data_type) for its_table, column, data_type in listed if its_table == table]
        if columns:
            hashed = ", ".join(identifier(column) for column, _ in columns)
            rows = connection.execute(
                f"select count(*), sum(hash({hashed})) from working.marts.{identifier(table)}"
            ).fetchall()
            digest.update(repr((table, columns, rows)).encode())
    return digest.hexdigest()


def _copy_table(connection: duckdb.DuckDBPyConnection, table: str, run_id: str, warehouse: Path) -> int:
    """Copy one table and return its rows. Raises RefreshError where the warehouse lacks it."""
    of_table = f"database_name = 'working' and schema_name = 'marts' and table_name = {literal(table)}"
    columns = connection.execute(
        f"select column_name, data_type, is_nullable, comment from duckdb_columns() where {of_table} "
        "and column_name <> 'run_id' order by column_index"
    ).fetchall()
    if not columns:
        raise RefreshError(
            f"{_shown(warehouse)} lacks the table marts.{table}: run scorecard refresh without --resume."
        )
    keys = connection.execute(
        f"select constraint_column_names from duckdb_constraints() where {of_table} "
        "and constraint_type = 'PRIMARY KEY'"
    ).fetchall()
    (comment,) = connection.execute(f"select comment from duckdb_tables() where {of_table}").fetchall()[0]
    name = f"published.marts.{identifier(table)}"
    parts = [
        f"{identifier(column)} {data_type}{'' if is_nullable else ' not null'}"
        for column, data_type, is_nullable, _ in columns
    ]
    parts.append("run_id varchar not null")
    parts += [f"primary key ({', '.join(map(identifier, key))})" for (key,) in keys]
    connection.execute(f"create table {name} ({', '.join(parts)})")
    listed = ", ".join(identifier(column) for column, *_ in columns)
    rows = _scalar(
        connection,
        f"insert into {name} ({listed}, run_id) "
        f"select {listed}, {literal(run_id)} from working.marts.{identifier(table)}",
    )
    if comment is not None:
        connection.execute(f"comment on table {name} is {literal(comment)}")
    for column, _, _, told in [*columns, ("run_id", None, None, RUN_ID_COMMENT)]:
        if told is not None:
            connection.execute(f"comment on column {name}.{identifier(column)} is {literal(told)}")
    return rows


@contextmanager
def _reading(path: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    assert path is not None
    if not path.is_file():
        raise _no_scorecard(path)
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise _in_use(path, str(error)) from error
    try:
        yield connection
    finally:
        connection.close()


def _scalar(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    return int(connection.execute(statement).fetchall()[0][0])


def _in_use(path: Path, message: str) -> RefreshError:
    if "lock" in message.lower():
        return RefreshError(
            f"{_shown(path)} is in use by another program: close it (a SQL client, a dbt run) and run "
            "scorecard refresh --resume."
        )
    return RefreshError(f"{_shown(path)} is no DuckDB database that this version can open: move it away.")


def _no_scorecard(path: Path | None) -> RefreshError:
    return RefreshError(
        f"{_shown(path) if path else 'The warehouse'} holds no scorecard: "
        "run scorecard refresh without --resume."
    )


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def _to_disk(path: Path) -> None:
    """Bring a file, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
