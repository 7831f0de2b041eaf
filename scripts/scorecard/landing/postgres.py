"""Writing into Postgres: files are read by DuckDB, rows cross over as Arrow batches, the server merges."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import adbc_driver_manager
import duckdb
import pyarrow as pa
from adbc_driver_manager import dbapi
from adbc_driver_postgresql import dbapi as adbc_postgres
from psycopg2.extensions import make_dsn

from scorecard.landing.declarations import Column, Declaration
from scorecard.landing.errors import BadInput
from scorecard.landing.sql import ISO_INSTANT, literal
from scorecard.landing.warehouse import (
    OWN_COLUMNS,
    STAGED,
    Load,
    Merged,
    ensure_table,
    merge_staged,
    rejects_of,
)
from scorecard.targets import Target

# DuckDB's own vector: a whole file is never in memory.
BATCH_ROWS = 2048
REJECTS = (
    Column("load_id", "bigint"),
    Column("tool", "text"),
    Column("object", "text"),
    Column("source_path", "text"),
    Column("position", "bigint"),
    Column("raw_text", "text"),
    Column("reason", "text"),
)
# How the driver begins to say that it cannot connect, and to quote a statement that failed.
_CONNECTING = "IO: [libpq] Failed to connect: "
_QUOTING = "Query was:"
# A statement that a time limit ended has this state, too, but is told in other words.
_CANCELLED = "57014"
# What it says before the server's own words.
_FOREWORD = re.compile(r"^.*?(?=(?:ERROR|FATAL|PANIC): )", re.DOTALL)


class PostgresWarehouse:
    """A warehouse on a Postgres server. Statements and rows share one connection, hence one transaction."""

    def __init__(self, connection: dbapi.Connection) -> None:
        self.connection = connection
        self._spill = tempfile.TemporaryDirectory(prefix="scorecard-")
        self.reading = duckdb.connect(
            config={"threads": 2, "memory_limit": "1GB", "temp_directory": self._spill.name}
        )
        self.reading.execute("set TimeZone = 'UTC'")
        # Texts of one batch may come to more than the two gigabytes that Arrow's short offsets reach.
        self.reading.execute("set arrow_large_buffer_size = true")
        self.execute("set time zone 'UTC'")
        self.connection.commit()

    @classmethod
    def open(cls, target: Target) -> PostgresWarehouse:
        """Connect. Raises BadInput where the server cannot be reached."""
        try:
            address = make_dsn(application_name="scorecard land", **target.connection)
            connection = adbc_postgres.connect(address)
        except adbc_driver_manager.OperationalError as error:
            why = " ".join(str(error).removeprefix(_CONNECTING).split())
            raise BadInput(
                f"{target.shown}: the server cannot be reached ({why}). Check the SCORECARD_PG_… variables."
            ) from error
        try:
            return cls(connection)
        except BaseException:
            connection.close()
            raise

    def begin(self) -> None:
        # Two landings at once would give out one number twice. The lock is held once its row is fetched.
        self.query("select cast(pg_advisory_xact_lock(hashtext('scorecard land')) as text)")

    def commit(self) -> None:
        self.connection.commit()

    def rollback(self) -> None:
        self.connection.rollback()

    def close(self) -> None:
        with self._spill, closing(self.reading):
            self.connection.close()

    def execute(self, statement: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(statement)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self._cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    @contextmanager
    def _cursor(self) -> Iterator[dbapi.Cursor]:
        """A cursor whose errors leave out the statement that the driver quotes: one holds the secret salt.

        Raises KeyboardInterrupt where the driver, which takes Ctrl-C over as it waits, cancelled a statement.
        """
        with closing(self.connection.cursor()) as cursor:
            try:
                yield cursor
            except adbc_driver_manager.Error as error:
                error.args = (_FOREWORD.sub("", str(error).split(_QUOTING)[0].rstrip()),)
                if error.sqlstate == _CANCELLED and "user request" in str(error):
                    raise KeyboardInterrupt from error
                raise

    def ensure(self, declaration: Declaration) -> None:
        ensure_table(self, declaration, self)

    def instant(self, expression: str) -> str:
        number = f"cast({expression} as double precision)"
        return (
            f"(case when {expression} ~ '^\\d{{10}}$' then to_timestamp({number}) "
            f"when {expression} ~ '^\\d{{13}}$' then to_timestamp({number} / 1000) "
            f"when {expression} ~ '^{ISO_INSTANT}$' then cast({expression} as timestamp with time zone) end)"
        )

    def json_text(self, expression: str, inner: Sequence[str]) -> str:
        path = ", ".join(literal(name) for name in inner)
        return f"(cast({expression} as json) #>> array[{path}])"

    def stage(self, declaration: Declaration, rows: str, replaced: str | None = None) -> str:
        """Put rows, given as SQL on `reading`, where they can be judged; returns that relation."""
        self.reading.execute(f"create or replace temp table {STAGED} as {rows}")
        return STAGED

    def merge(self, declaration: Declaration, staged: str, replaced: str | None = None) -> Merged:
        """Merge the rows of a relation that `stage` gave, their keys being unique."""
        self.ensure(declaration)
        self.send(declaration, staged)
        self.reading.execute(f"drop table {staged}")
        self.execute(f"analyze {STAGED}")
        merged = merge_staged(self, declaration, self, replaced)
        self.execute(f"drop table {STAGED}")
        return merged

    def send(self, declaration: Declaration, staged: str) -> None:
        """Bring the rows of a relation that `stage` gave into a temporary table of the server."""
        columns = (*declaration.columns, *OWN_COLUMNS)
        listed = ", ".join(f"{column.name} {column.data_type}" for column in columns)
        self.execute(f"drop table if exists {STAGED}")
        self.execute(f"create temporary table {STAGED} ({listed})")
        self._append(f"select * from {staged}", "pg_temp", STAGED, columns)

    def write_rejects(self, load: Load, rejects: str) -> None:
        """Write rejected rows, given as SQL of position, raw_text and reason on `reading`."""
        # A rejected line may hold what made it a reject: the character NUL.
        clean = (
            "select load_id, tool, object, source_path, position, "
            f"replace(raw_text, chr(0), '') as raw_text, reason from ({rejects_of(load, rejects)})"
        )
        self._append(clean, "raw_meta", "rejects", REJECTS)

    def _append(self, rows: str, schema: str, table: str, columns: Sequence[Column]) -> None:
        """Rows from the reading connection into a table, batch by batch and within the open transaction."""
        # Arrow's binary form knows no cast on the way: a column has to be of the table's very type.
        listed = ", ".join(
            f"cast({column.name} as {column.data_type}) as {column.name}" for column in columns
        )
        # A relation's reader streams; that of a result that was executed holds all its rows.
        with self.reading.sql(f"select {listed} from ({rows})").to_arrow_reader(BATCH_ROWS) as reader:
            batches = _Batches(reader)
            try:
                with self._cursor() as cursor:
                    cursor.adbc_ingest(table, batches.reader(), mode="append", db_schema_name=schema)
            except adbc_driver_manager.Error as error:
                failure = batches.failure
                if failure is None:
                    raise
                if isinstance(failure, OSError | pa.ArrowException | duckdb.Error):
                    raise duckdb.Error(str(failure)) from failure
                raise failure from error


class _Batches:
    """Batches on their way. `failure`: why this side broke off, which the driver tells as its own."""

    def __init__(self, source: pa.RecordBatchReader) -> None:
        self._source = source
        self.failure: BaseException | None = None

    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self._source.schema, self._passed_on())

    def _passed_on(self) -> Iterator[pa.RecordBatch]:
        try:
            # Not `yield from`, in which Python answers no signal before the last batch.
            for batch in self._source:  # noqa: UP028
                yield batch
        except GeneratorExit:
            # The driver wants no more.
            raise
        except BaseException as error:
            self.failure = error
            raise
