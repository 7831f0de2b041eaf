"""Marts as BI tools find them: published as a DuckDB file, and as a schema of a Postgres server."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import duckdb
import psycopg2
from postgres_server import execute
from scorecard.refresh.duckdb_versions import DuckDBVersions
from scorecard.refresh.identity import began_at
from scorecard.refresh.journal import Journal
from scorecard.refresh.postgres_versions import CANDIDATE, MARTS, PostgresVersions
from scorecard.targets import Target

TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}


def postgres_versions(target: Target, tables: tuple[str, ...]) -> PostgresVersions:
    """Versions on a server, with the books that a publication is entered in."""
    with Journal(target).opened():
        pass
    return PostgresVersions(target, tables, timedelta(seconds=60), lambda text: None)


def publish_on_duckdb(warehouse: Path, tables: tuple[str, ...], run_id: str) -> Target:
    """Publish a built warehouse beside it; returns it as the target that it is."""
    target = Target("duckdb", "duckdb", path=warehouse)
    DuckDBVersions(target, tables).publish(run_id, began_at(run_id))
    return target


def publish_on_postgres(warehouse: Path, target: Target, tables: tuple[str, ...], run_id: str) -> None:
    """Copy a built warehouse's marts to a server, as a build would leave them, and publish them there."""
    versions = postgres_versions(target, tables)
    versions.new_candidate()
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(warehouse), read_only=True) as source,
        closing(psycopg2.connect(**cast(Any, target.connection))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for table in tables:
            columns = source.execute(f"describe marts.{table}").fetchall()
            listed = ", ".join(f'"{name}" {TYPES.get(kind, kind)}' for name, kind, *_ in columns)
            cursor.execute(f"create table {CANDIDATE}.{table} ({listed})")
            path = Path(folder) / f"{table}.csv"
            source.execute(
                f"copy marts.{table} to '{path}' (format csv, header false, force_quote *, nullstr '')"
            )
            with path.open("rb") as stream:
                cursor.copy_expert(f"copy {CANDIDATE}.{table} from stdin (format csv)", stream)
    versions.publish(run_id, began_at(run_id))


def publish_again_on_postgres(target: Target, tables: tuple[str, ...], run_id: str) -> None:
    """Publish what is current once more, as a later run."""
    versions = postgres_versions(target, tables)
    versions.new_candidate()
    for table in tables:
        execute(
            target,
            f"create table {CANDIDATE}.{table} as select * from {MARTS}.{table}",
            f"alter table {CANDIDATE}.{table} drop column run_id",
        )
    versions.publish(run_id, began_at(run_id))
