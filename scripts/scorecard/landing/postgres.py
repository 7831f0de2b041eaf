"""Writing into Postgres: files are read by DuckDB, rows cross over in COPY, the merge runs in the server."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import duckdb
import psycopg2

from scorecard.landing.declarations import Declaration
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


class PostgresWarehouse:
    """A warehouse on a Postgres server."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._spill = tempfile.TemporaryDirectory(prefix="scorecard-")
        self.reading = duckdb.connect(
            config={"threads": 2, "memory_limit": "1GB", "temp_directory": self._spill.name}
        )
        self.reading.execute("set TimeZone = 'UTC'")
        self.execute("set time zone 'UTC'")
        self.connection.commit()

    @classmethod
    def open(cls, target: Target) -> PostgresWarehouse:
        """Connect. Raises BadInput where the server cannot be reached."""
        try:
            return cls(psycopg2.connect(application_name="scorecard land", **cast(Any, target.connection)))
        except psycopg2.OperationalError as error:
            why = " ".join(str(error).split())
            raise BadInput(
                f"{target.shown}: the server cannot be reached ({why}). Check the SCORECARD_PG_… variables."
            ) from error

    def begin(self) -> None:
        # Two landings at once would give out one number twice.
        self.execute("select pg_advisory_xact_lock(hashtext('scorecard land'))")

    def commit(self) -> None:
        self.connection.commit()

    def rollback(self) -> None:
        self.connection.rollback()

    def close(self) -> None:
        self.connection.close()
        self.reading.close()
        self._spill.cleanup()

    def execute(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

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
        columns = (*declaration.columns, *OWN_COLUMNS)
        listed = ", ".join(f"{column.name} {column.data_type}" for column in columns)
        self.execute(f"drop table if exists {STAGED}")
        self.execute(f"create temporary table {STAGED} ({listed})")
        self._copy(f"select * from {staged}", STAGED, [column.name for column in columns])
        self.reading.execute(f"drop table {staged}")
        self.execute(f"analyze {STAGED}")
        merged = merge_staged(self, declaration, self, replaced)
        self.execute(f"drop table {STAGED}")
        return merged

    def write_rejects(self, load: Load, rejects: str) -> None:
        """Write rejected rows, given as SQL of position, raw_text and reason on `reading`."""
        # A rejected line may hold what made it a reject: the character NUL.
        clean = (
            "select load_id, tool, object, source_path, position, "
            f"replace(raw_text, chr(0), '') as raw_text, reason from ({rejects_of(load, rejects)})"
        )
        names = ["load_id", "tool", "object", "source_path", "position", "raw_text", "reason"]
        self._copy(clean, "raw_meta.rejects", names)

    def _copy(self, rows: str, table: str, names: list[str]) -> None:
        """Rows from the reading connection into a table, through a CSV in which NULL is an unquoted blank."""
        with tempfile.TemporaryDirectory(prefix="scorecard-") as folder:
            path = Path(folder) / "rows.csv"
            self.reading.execute(
                f"copy (select {', '.join(names)} from ({rows})) to {literal(str(path))} "
                "(format csv, header false, force_quote *, nullstr '')"
            )
            with path.open("rb") as stream, self.connection.cursor() as cursor:
                cursor.copy_expert(f"copy {table} ({', '.join(names)}) from stdin (format csv)", stream)
