"""A landed warehouse as an earlier release would have left it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from project_copy import public_marts
from scorecard.refresh.duckdb_versions import DuckDBVersions
from scorecard.refresh.identity import began_at
from scorecard.targets import Target

# Columns that the earlier release did not declare: it kept what it read of them in `_extra`, as the vendor
# spells it (last name).
UNDECLARED = (
    ("raw_github.pull_requests", "merged_at", "merged_at"),
    ("raw_github.pull_requests", "draft", "draft"),
    ("raw_github.pull_requests", "number", "number"),
    ("raw_github.pull_requests", "user_", "user"),
    ("raw_github.deployments", "environment", "environment"),
    ("raw_jira.issues", "changelog", "changelog"),
    ("raw_hubspot.deals", "created_at", "createdAt"),
    ("raw_planning.roadmap_items", "planned_end_on", "planned_end_on"),
)
# Books that it did not keep, and columns that those it kept did not have.
NO_BOOKS = ("person_salts", "publications", "run_steps", "runs", "test_results")
NO_COLUMNS = (("raw_meta.loads", "is_complete_history"), ("raw_meta.rejects", "raw_text"))
# What readers had of it: without marts and columns that were added since, the gate's among them.
NO_MARTS = ("fct_technical_quality", "scorecard_current")
NO_MART_COLUMNS = ("first_published_at", "first_published_value", "null_reason")
OLDER_RUN = "20250101t090000z_0000"


def age(execute: Callable[[str], object], engine: str) -> None:
    """Take from a warehouse what was declared since, with the SQL of `duckdb` or `postgres`."""
    for table in sorted({table for table, *_ in UNDECLARED}):
        its_own = [(column, spelled) for its_table, column, spelled in UNDECLARED if its_table == table]
        nested = "cast({} as json)" if engine == "duckdb" else "cast({} as jsonb)"
        members = ", ".join(
            f"'{spelled}', " + (nested.format(column) if column in ("changelog", "user_") else column)
            for column, spelled in its_own
        )
        made = "json_object" if engine == "duckdb" else "json_build_object"
        execute(f"update {table} set _extra = cast({made}({members}) as text)")
        for column, _ in its_own:
            execute(f"alter table {table} drop column {column} cascade")
    for name in NO_BOOKS:
        execute(f"drop table if exists raw_meta.{name} cascade")
    for table, column in NO_COLUMNS:
        execute(f"alter table {table} drop column {column} cascade")
    # A dictionary with other columns, and a mart of another shape. On Postgres `marts` is what readers have.
    built = "marts" if engine == "duckdb" else "marts_candidate"
    for table, columns in (
        ("dictionaries.kpis", "kpi text, title text"),
        (f"{built}.scorecard", "kpi bigint"),
    ):
        execute(f"drop table if exists {table} cascade")
        execute(f"create schema if not exists {table.split('.')[0]}")
        execute(f"create table {table} ({columns})")


def publish_older_on_postgres(query: Callable[[str], list[tuple[Any, ...]]]) -> None:
    """Let readers of a Postgres warehouse have what was built into `marts` as the earlier release's."""
    tables = public_marts()
    for (name,) in query("select table_name from information_schema.tables where table_schema = 'marts'"):
        if name in NO_MARTS or name not in tables:
            query(f"drop table marts.{name} cascade")
        else:
            query(f"alter table marts.{name} add column run_id text not null default '{OLDER_RUN}'")
    for column in NO_MART_COLUMNS:
        query(f"alter table marts.scorecard drop column {column} cascade")


def publish_older(warehouse: Path) -> Path:
    """Let readers of a DuckDB warehouse have its marts as the earlier release published them."""
    tables = tuple(name for name in public_marts() if name not in NO_MARTS)
    versions = DuckDBVersions(Target("duckdb", "duckdb", path=warehouse), tables)
    versions.publish(OLDER_RUN, began_at(OLDER_RUN))
    path = versions.path(OLDER_RUN)
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        # With its key the engine would drop no column of it.
        connection.execute(
            f"create table kept as select * exclude ({', '.join(NO_MART_COLUMNS)}) from marts.scorecard"
        )
        connection.execute("drop table marts.scorecard")
        connection.execute("create table marts.scorecard as select * from kept")
        connection.execute("drop table kept")
    path.chmod(0o444)
    return versions.folder / "current.duckdb"
