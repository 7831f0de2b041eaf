"""Reading a built warehouse (DuckDB, Postgres, or Spark's files) without being able to change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from scorecard.targets import Target, published_folder

Row = dict[str, Any]


class ReadingError(RuntimeError):
    """A warehouse that cannot be read; its text is one sentence with the remedy."""


class _Cursor(Protocol):
    """What DuckDB's connection and psycopg2's cursor have in common."""

    @property
    def description(self) -> Any: ...

    def execute(self, query: str, parameters: Any = ...) -> Any: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...


class Reader:
    """Rows of a warehouse as dictionaries; SQL is written with `?` for its parameters."""

    def __init__(self, target: Target, cursor: _Cursor, missing: tuple[type[Exception], ...]) -> None:
        self._target = target
        self._cursor = cursor
        self._missing = missing
        self._placeholder = "%s" if target.engine == "postgres" else "?"

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query, in its order, one dictionary a row.

        Raises ReadingError where a table of the scorecard does not exist.
        """
        try:
            self._cursor.execute(query.replace("?", self._placeholder), tuple(parameters))
        except self._missing as error:
            raise ReadingError(
                f"{self._target.shown} holds no scorecard that this version can read: "
                f'run "{build_command(self._target)}" first.'
            ) from error
        names = [column[0] for column in self._cursor.description]
        return [
            {name: _plain(value) for name, value in zip(names, values, strict=True)}
            for values in self._cursor.fetchall()
        ]


def build_command(target: Target) -> str:
    """The command that builds this target's warehouse."""
    return "make build" if target.name == "sample" else f".venv/bin/dbt build --target {target.name}"


def published(target: Target) -> Target:
    """The version that `scorecard refresh` published last, or went back to, as a target to read.

    On Postgres that is the schema `marts` itself. Raises ReadingError where nothing was published.
    """
    remedy = f'run "scorecard refresh --target {target.name}" first.'
    if target.engine == "spark":
        raise ReadingError("Target spark has no published versions: leave out --published.")
    if target.engine == "duckdb":
        current = replace(target, path=published_folder(target) / "current.duckdb")
        assert current.path is not None
        if not current.path.is_file():
            raise ReadingError(f"There is no published version {current.shown} yet: {remedy}")
        return current
    with open_reader(target) as reader:
        columns = reader.rows(
            "select 1 from information_schema.columns where table_schema = 'marts' "
            "and table_name = 'scorecard' and column_name = 'run_id'"
        )
    if not columns:
        raise ReadingError(f"{target.shown} holds no published version: {remedy}")
    return target


@contextmanager
def open_reader(target: Target) -> Iterator[Reader]:
    """A read-only connection to the target's warehouse.

    Raises ReadingError where there is no warehouse, where it is locked, or where the server does not answer.
    """
    if target.engine == "postgres":
        with _open_postgres(target) as reader:
            yield reader
    elif target.engine == "spark":
        with _open_spark(target) as reader:
            yield reader
    else:
        with _open_duckdb(target) as reader:
            yield reader


@contextmanager
def _open_duckdb(target: Target) -> Iterator[Reader]:
    import duckdb

    assert target.path is not None
    if not target.path.is_file():
        raise ReadingError(f'There is no warehouse {target.shown} yet: run "{build_command(target)}" first.')
    try:
        connection = duckdb.connect(str(target.path), read_only=True)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise ReadingError(
                f"{target.shown} is in use by another process, a build or a landing perhaps: "
                "try again when that has ended."
            ) from error
        raise ReadingError(_unreadable(target)) from error
    except duckdb.Error as error:
        raise ReadingError(_unreadable(target)) from error
    try:
        yield Reader(target, connection, (duckdb.CatalogException, duckdb.BinderException))
    finally:
        connection.close()


@contextmanager
def _open_spark(target: Target) -> Iterator[Reader]:
    """The marts as Spark wrote them, read by DuckDB: a page takes no Spark."""
    import duckdb

    from scorecard.landing.sql import identifier, literal

    assert target.path is not None
    marts = target.path / "tables" / "marts.db"
    tables = [folder for folder in sorted(marts.glob("*/")) if any(folder.glob("*.parquet"))]
    if not tables:
        raise ReadingError(
            f'There are no marts in {target.shown} yet: run "{build_command(target)}" first. '
            "A cluster that keeps its tables elsewhere is read through its own SQL."
        )
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("create schema marts")
        for folder in tables:
            # Spark's instants carry an offset; everywhere else they are UTC without one.
            files = f"from read_parquet({literal(str(folder / '*.parquet'))})"
            columns = ", ".join(
                f"{identifier(name)} at time zone 'UTC' as {identifier(name)}"
                if data_type == "TIMESTAMP WITH TIME ZONE"
                else identifier(name)
                for name, data_type, *_ in connection.execute(f"describe {files}").fetchall()
            )
            connection.execute(f"create view marts.{identifier(folder.name)} as select {columns} {files}")
        yield Reader(target, connection, (duckdb.CatalogException, duckdb.BinderException))


def _unreadable(target: Target) -> str:
    return (
        f"{target.shown} is no DuckDB database that this version can open: move it away and run "
        f'"{build_command(target)}" again.'
    )


@contextmanager
def _open_postgres(target: Target) -> Iterator[Reader]:
    import psycopg2
    from psycopg2 import errors

    try:
        keywords: dict[str, Any] = {**target.connection, "connect_timeout": 10}
        connection = psycopg2.connect(**keywords)
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ReadingError(
            f"{target.shown} cannot be reached ({reason}): check SCORECARD_PG_HOST, SCORECARD_PG_PORT, "
            "SCORECARD_PG_USER, SCORECARD_PG_PASSWORD and SCORECARD_PG_DATABASE."
        ) from error
    try:
        connection.set_session(readonly=True)
        missing = (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName)
        yield Reader(target, connection.cursor(), missing)
    finally:
        connection.close()


def _plain(value: Any) -> Any:
    """Engines differ in the type of a sum; a whole decimal is an integer, any other a float."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def json_value(value: Any) -> Any:
    """A value as JSON holds it: instants (UTC) and dates in ISO 8601.

    Raises TypeError for a type that no table of the marts has.
    """
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no place in JSON")
