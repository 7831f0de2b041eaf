"""Candidates for the gate, in DuckDB files and in Postgres: what it reads of a warehouse, and no more."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import psycopg2
import pyarrow
import pyarrow.csv
from scorecard.refresh.candidate import Candidate

RUN_ID = "20260704t090000z_0a1b"
BEFORE = "20260703t090000z_0c2d"
# Of these tables the gate counts the rows alone.
COUNTED = ("kpi_", "raw_")
READ = (
    "marts.scorecard",
    "marts.scorecard_current",
    "marts.scorecard_observations",
    "marts.dim_kpis",
    "raw_meta.loads",
    "raw_meta.rejects",
    "dictionaries.source_roles",
)


def reduced(warehouse: Path, path: Path) -> Candidate:
    """A file with what the gate reads of a built warehouse."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        connection.execute(f"attach '{path}' as small")
        for schema, table in tables(connection, "built"):
            counted = table.startswith("kpi_") or (schema.startswith("raw_") and schema != "raw_meta")
            if not counted and not table.startswith("fct_") and f"{schema}.{table}" not in READ:
                continue
            columns = "1 as present" if counted else "*"
            connection.execute(f'create schema if not exists small."{schema}"')
            connection.execute(
                f'create table small."{schema}"."{table}" as select {columns} from built."{schema}"."{table}"'
            )
    return Candidate("duckdb", path, {}, "marts", RUN_ID)


def tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str]]:
    """Schema and name of every table in a database."""
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ?", [database]
    ).fetchall()


def changed(candidate: Candidate, path: Path, *statements: str) -> Candidate:
    """A copy of a candidate in which something was done."""
    assert candidate.path is not None
    shutil.copy(candidate.path, path)
    with duckdb.connect(str(path), config={"threads": 1}) as connection:
        for statement in statements:
            connection.execute(statement)
    return replace(candidate, path=path)


def in_postgres(candidate: Candidate, connection: dict[str, str], marts_schema: str) -> Candidate:
    """The same candidate in a schema of a Postgres database; the tables beside the marts go there, too."""
    assert candidate.path is not None
    with (
        duckdb.connect(str(candidate.path), read_only=True) as source,
        psycopg2.connect(**connection) as target,  # type: ignore[call-overload]
        target.cursor() as cursor,
    ):
        cursor.execute(f"drop schema if exists {marts_schema} cascade")
        for schema, table in tables(source, candidate.path.stem):
            name = f'"{marts_schema if schema == "marts" else schema}"."{table}"'
            columns = source.execute(f'describe "{schema}"."{table}"').fetchall()
            typed = ", ".join(
                f'"{column}" {kind.replace("VARCHAR", "text").replace("DOUBLE", "double precision")}'
                for column, kind, *_ in columns
            )
            cursor.execute(f"create schema if not exists {name.split('.')[0]}")
            cursor.execute(f"drop table if exists {name}")
            cursor.execute(f"create table {name} ({typed})")
            rows = source.sql(f'select * from "{schema}"."{table}"').to_arrow_table()
            cursor.copy_expert(f"copy {name} from stdin with (format csv, header)", csv_of(rows))
    target.close()
    return replace(candidate, engine="postgres", path=None, connection=connection, marts_schema=marts_schema)


def csv_of(rows: pyarrow.Table) -> io.BytesIO:
    """Rows as CSV; NULL is an empty field, an empty text a quoted one."""
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(rows, buffer)
    buffer.seek(0)
    return buffer
