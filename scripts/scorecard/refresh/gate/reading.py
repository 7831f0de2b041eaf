"""Reading a candidate and the publication before it, without being able to change either."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from scorecard.landing.sql import identifier, literal
from scorecard.refresh.candidate import Candidate
from scorecard.refresh.gate.results import GateError

RAW_META = "raw_meta"
DICTIONARIES = "dictionaries"


class Connection(Protocol):
    """A connection that answers queries with rows."""

    def rows(self, query: str) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True)
class Place:
    """One version of the marts as SQL names it.

    prefix: the database that it is attached as, with a dot, or nothing. columns: those of the marts by table.
    """

    prefix: str
    marts_schema: str
    columns: dict[str, frozenset[str]]

    def mart(self, table: str) -> str:
        """A mart's full name."""
        return f"{self.prefix}{identifier(self.marts_schema)}.{identifier(table)}"

    def has(self, table: str, columns: tuple[str, ...]) -> bool:
        """Whether the mart is there with these columns."""
        return set(columns) <= self.columns.get(table, frozenset())


@dataclass(frozen=True)
class Books:
    """The raw tables beside a candidate as SQL names them; tables: (schema, table) of all there are."""

    prefix: str
    tables: frozenset[tuple[str, str]]

    def table(self, schema: str, table: str) -> str:
        """A table's full name."""
        return f"{self.prefix}{identifier(schema)}.{identifier(table)}"

    def has(self, schema: str, table: str) -> bool:
        """Whether the table is there."""
        return (schema, table) in self.tables


class DuckDBConnection:
    """The files of both versions, attached to a database in memory and read alone."""

    def __init__(self) -> None:
        import duckdb

        self.failures = duckdb.Error
        config: dict[str, Any] = {"threads": 2, "temp_directory": _spill_folder()}
        if os.environ.get("SCORECARD_MEMORY_LIMIT"):
            config["memory_limit"] = os.environ["SCORECARD_MEMORY_LIMIT"]
        self.connection = duckdb.connect(config=config)

    def attach(self, candidate: Candidate, name: str) -> str:
        """Attach a file under a name; the prefix of its tables."""
        assert candidate.path is not None
        try:
            self.connection.execute(
                f"attach {literal(str(candidate.path))} as {identifier(name)} (read_only)"
            )
        except self.failures as error:
            raise GateError(
                f"{candidate.path} cannot be read ({_first_line(error)}): "
                "end what else uses it, or build it again."
            ) from error
        return f"{identifier(name)}."

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(query).fetchall()

    def frame(self, query: str) -> Any:
        """All rows of a query as a pandas data frame."""
        return self.connection.execute(query).df()

    def close(self) -> None:
        """Let go of the files."""
        self.connection.close()


class PostgresConnection:
    """A session that may read alone."""

    def __init__(self, keywords: dict[str, str]) -> None:
        import psycopg2

        settings: dict[str, Any] = {**keywords, "connect_timeout": 10}
        try:
            self.connection = psycopg2.connect(**settings)
        except psycopg2.OperationalError as error:
            raise GateError(
                f"Postgres at {keywords.get('host')} cannot be reached ({_first_line(error)}): "
                "check SCORECARD_PG_HOST, SCORECARD_PG_PORT, SCORECARD_PG_USER and SCORECARD_PG_PASSWORD."
            ) from error
        self.connection.set_session(readonly=True, autocommit=True)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def close(self) -> None:
        """End the session."""
        self.connection.close()


def _spill_folder() -> str:
    """Where DuckDB puts what does not fit into memory: by default it would be the working folder."""
    return os.path.join(tempfile.gettempdir(), f"scorecard-gate-{os.getpid()}")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].strip()


@contextmanager
def open_connection(candidate: Candidate) -> Iterator[DuckDBConnection | PostgresConnection]:
    """A connection for the candidate's engine."""
    connection: DuckDBConnection | PostgresConnection
    if candidate.engine == "duckdb":
        connection = DuckDBConnection()
    else:
        connection = PostgresConnection(candidate.connection)
    try:
        yield connection
    finally:
        connection.close()


def attach(
    connection: DuckDBConnection | PostgresConnection, candidate: Candidate, previous: Candidate | None
) -> tuple[Place, Books, Place | None]:
    """The candidate's marts, the tables beside them, and the marts of the publication before."""
    prefix = _prefix(connection, candidate, "candidate")
    place = Place(prefix, candidate.marts_schema, _columns(connection, prefix, candidate.marts_schema))
    books = Books(prefix, _tables(connection, prefix))
    if previous is None:
        return place, books, None
    prefix = _prefix(connection, previous, "previous")
    columns = _columns(connection, prefix, previous.marts_schema)
    return place, books, Place(prefix, previous.marts_schema, columns)


def _prefix(connection: DuckDBConnection | PostgresConnection, candidate: Candidate, name: str) -> str:
    return connection.attach(candidate, name) if isinstance(connection, DuckDBConnection) else ""


def _of_catalog(prefix: str) -> str:
    """The condition that holds for the tables of one attached database; on Postgres there is but one."""
    return f"table_catalog = {literal(prefix.strip('.').strip(chr(34)))}" if prefix else "1 = 1"


def _columns(connection: Connection, prefix: str, schema: str) -> dict[str, frozenset[str]]:
    found = connection.rows(
        "select table_name, column_name from information_schema.columns "
        f"where {_of_catalog(prefix)} and table_schema = {literal(schema)}"
    )
    tables = {table for table, _ in found}
    return {table: frozenset(column for its_table, column in found if its_table == table) for table in tables}


def _tables(connection: Connection, prefix: str) -> frozenset[tuple[str, str]]:
    found = connection.rows(
        f"select table_schema, table_name from information_schema.tables where {_of_catalog(prefix)}"
    )
    return frozenset((schema, table) for schema, table in found)
