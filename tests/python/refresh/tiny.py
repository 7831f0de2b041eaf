"""Small marts made by hand, and refreshes of them: everything but dbt and the gate is real."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from project_copy import ROOT
from scorecard.refresh import lock, run
from scorecard.refresh.build import BuildResult, TestResult
from scorecard.refresh.config import Config
from scorecard.refresh.duckdb_versions import DuckDBVersions
from scorecard.refresh.journal import Journal
from scorecard.refresh.run import Settings
from scorecard.refresh.telling import JsonTeller
from scorecard.targets import Target

TABLES = ("dim_kpis", "scorecard")

# Run ids of versions made by hand, in the order of their time.
RUNS = [f"202607{day:02}t090000z_00{day:02}" for day in range(1, 29)]


def marts_sql(schema: str, value: float, origin: str = "own") -> list[str]:
    """Statements, the same for both engines, that make a schema of marts whose numbers have one value."""
    return [
        f"create schema if not exists {schema}",
        f"drop table if exists {schema}.scorecard",
        f"drop table if exists {schema}.dim_kpis",
        f"drop table if exists {schema}.stat_private",
        f"create table {schema}.dim_kpis (kpi text primary key, name text)",
        f"create table {schema}.scorecard (scorecard_id text primary key, kpi text not null, "
        "period_grain text, period_start_on date, scope_type text, scope_id text, value double precision, "
        "n bigint, definition_version bigint, as_of timestamp, data_origin text)",
        f"create table {schema}.stat_private (kpi text)",
        f"comment on table {schema}.scorecard is 'Every number; one row''s key is its id.'",
        f"comment on column {schema}.scorecard.value is 'The value, as it was.'",
        f"insert into {schema}.dim_kpis values ('lead_time', 'Lead time'), ('cycle_time', 'Cycle time')",
        f"insert into {schema}.scorecard select 's' || i, 'lead_time', 'month', "
        f"cast('2026-05-01' as date), 'team', 't' || i, {value}, 10, 1, "
        f"cast('2026-06-01' as timestamp), '{origin}' from (values (1), (2), (3)) as numbers (i)",
    ]


def write_marts(path: Path, value: float = 1.0, origin: str = "own") -> None:
    """Build small marts into a DuckDB file, as dbt would: in the place of those that are there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for statement in marts_sql("marts", value, origin):
            connection.execute(statement)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def passing(*_: Any) -> Any:
    """A gate that finds nothing."""
    return SimpleNamespace(passed=True, checks=(), data_docs=None)


def refusing(*_: Any) -> Any:
    """A gate that refuses, and warns besides."""
    critical = SimpleNamespace(
        suite="facts", name="row_count", severity="critical", passed=False, said="3 rows, 9 before"
    )
    warning = SimpleNamespace(suite="raw", name="rejects", severity="warning", passed=False, said="7 %")
    return SimpleNamespace(passed=False, checks=(critical, warning), data_docs=None)


def let_go_while_asked_to_end(how: signal.Signals) -> Callable[[Target], AbstractContextManager[int]]:
    """The lock, whose holder is asked to end while it lets go."""
    real = lock.held

    @contextmanager
    def held(target: Target) -> Iterator[int]:
        with real(target) as descriptor:
            yield descriptor
        os.kill(os.getpid(), how)
        time.sleep(5)

    return held


class Company:
    """A working warehouse whose build is made by hand, and refreshes of it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.path = folder / "warehouse" / "own.duckdb"
        self.target = Target("duckdb", "duckdb", path=self.path)
        self.journal = Journal(self.target)
        self.value = 1.0
        self.origin = "own"
        self.failures: list[tuple[str, str]] = []
        self.tests: tuple[TestResult, ...] = ()
        self.builds = 0
        monkeypatch.delenv("SCORECARD_PUBLISHED", raising=False)
        monkeypatch.setattr(run, "published_tables", lambda root: TABLES)
        monkeypatch.setattr(run, "run_dbt", self._build)

    def _build(self, *arguments: Any) -> BuildResult:
        self.builds += 1
        if self.tests:
            *_, record = arguments
            record(self.tests)
        if self.failures:
            return BuildResult(failures=self.failures)
        write_marts(self.path, self.value, self.origin)
        return BuildResult(is_done=True, counts={"total": 3})

    @property
    def current(self) -> Path:
        return self.path.parent / "published" / "current.duckdb"

    @property
    def versions(self) -> DuckDBVersions:
        return DuckDBVersions(self.target, TABLES)

    def settings(self, **changed: Any) -> Settings:
        chosen = {
            "target": self.target,
            "config": Config(keep=3),
            "root": ROOT,
            "logs": self.folder / "logs",
            "check": passing,
            "swap_timeout": timedelta(seconds=5),
            **changed,
        }
        os.makedirs(self.folder / "logs", exist_ok=True)
        return Settings(**chosen)

    def refresh(self, **changed: Any) -> int:
        return run.refresh(self.settings(**changed), JsonTeller())

    def published_value(self) -> float:
        ((value,),) = rows(self.current, "select distinct value from marts.scorecard")
        return float(value)

    def books(self, columns: str, table: str = "runs") -> list[tuple[Any, ...]]:
        order = "run_id" if table == "runs" else "run_id, started_at"
        return rows(self.path, f"select {columns} from raw_meta.{table} order by {order}")
