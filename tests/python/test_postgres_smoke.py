"""The same exports give the same page on Postgres as on DuckDB."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mf_query import MetricFlow
from postgres_server import environment_of, execute, postgres_server
from project_copy import Build, Project, public_marts
from scorecard.reading import Row, open_reader
from scorecard.targets import Target

TOLERANCE = 1e-9
# Which statement each foreign key was dropped by.
NOTE_DROPPED_KEYS = (
    "create table dropped_keys (name text, command text)",
    """
    create function note_dropped_keys() returns event_trigger language plpgsql as $$
    begin
        insert into public.dropped_keys
        select address_names[3], tg_tag from pg_event_trigger_dropped_objects()
        where object_type = 'table constraint' and address_names[3] like '%\\_\\_fkey';
    end $$
    """,
    "create event trigger note_dropped_keys on sql_drop execute function note_dropped_keys()",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    with postgres_server() as target:
        yield target


@pytest.fixture(scope="module")
def postgres(project: Project, server: Target, company_folder: Path) -> Project:
    """The project on that server, with the small company landed and built."""
    there = project.with_environment(**environment_of(server))
    there.must("scorecard", "land", "--all", str(company_folder))
    there.build("postgres", with_data_tests=False)
    return there


def current(target: Target) -> list[Row]:
    with open_reader(target) as reader:
        return reader.rows("select * from marts.scorecard_current order by kpi_number")


def figures(target: Target) -> dict[str, Row]:
    with open_reader(target) as reader:
        rows = reader.rows(
            "select supporting_figure_id, value, n, null_reason from marts.scorecard_supporting_figures"
        )
    return {row["supporting_figure_id"]: row for row in rows}


def is_same(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        if left is None or right is None:
            return left is right
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(left == right)


def test_the_page_is_the_same_on_postgres(postgres: Project, server: Target, company_build: Build) -> None:
    local = Target("duckdb", "duckdb", path=company_build.warehouse)
    expected = current(local)
    actual = current(server)
    assert len(expected) == 10
    assert [row["kpi"] for row in actual] == [row["kpi"] for row in expected]
    assert any(row["value"] is not None for row in expected)
    different = [
        f"{left['kpi']}.{column}: {left[column]!r} on DuckDB, {right[column]!r} on Postgres"
        for left, right in zip(expected, actual, strict=True)
        for column in left
        if not is_same(left[column], right[column])
    ]
    assert different == []
    assert set(expected[0]) == set(actual[0])
    beside, beside_on_server = figures(local), figures(server)
    assert any(row["value"] for row in beside.values())
    assert beside.keys() == beside_on_server.keys()
    assert not [
        f"{key}: {row[column]!r} on DuckDB, {beside_on_server[key][column]!r} on Postgres"
        for key, row in beside.items()
        for column in row
        if not is_same(row[column], beside_on_server[key][column])
    ]
    assert "Execution scorecard" in postgres.must("scorecard", "show")
    postgres.must("scorecard", "show", "--kpi", "lead_time")
    for row in actual:
        # Ends with 3 where the rows do not add up to the number.
        postgres.must("scorecard", "explain", row["kpi"])


def column(target: Target, query: str) -> set[str]:
    """The values of a query's one column."""
    with open_reader(target) as reader:
        return {str(value) for row in reader.rows(query) for value in row.values()}


def foreign_keys(target: Target) -> set[str]:
    """Foreign keys of the marts that are validated and point at a dimension that exists."""
    return column(
        target,
        """
        select keys.conname || ' to ' || referenced.relname
        from pg_constraint as keys
        inner join pg_class as referenced on keys.confrelid = referenced.oid
        inner join pg_namespace as namespaces on referenced.relnamespace = namespaces.oid
        where keys.contype = 'f' and keys.convalidated and namespaces.nspname = 'marts'
        """,
    )


def test_postgres_knows_keys_and_comments(postgres: Project, server: Target) -> None:
    """What a tool reads there: the key of every table, where its columns point, what they mean."""
    tables = set(public_marts())
    keyed = column(
        server,
        """
        select relname
        from pg_constraint
        inner join pg_class on conrelid = pg_class.oid
        where contype = 'p'
        """,
    )
    assert tables - keyed == set()
    undescribed = column(
        server,
        """
        select relname || '.' || coalesce(attname, '')
        from pg_class
        inner join pg_namespace on relnamespace = pg_namespace.oid
        inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
        where
            nspname = 'marts'
            and relkind = 'r'
            and (col_description(pg_class.oid, attnum) is null or obj_description(pg_class.oid) is null)
        """,
    )
    assert {name for name in undescribed if name.split(".")[0] in tables} == set()
    expected = foreign_keys(server)
    assert {
        "fct_software_delivery__team_id__fkey to dim_teams",
        "fct_team_performance__kpi__fkey to dim_kpis",
        "kpi_lead_time__service_id__fkey to dim_services",
        "scorecard_current__kpi__fkey to dim_kpis",
    } <= expected


def test_no_key_ties_a_table_that_a_build_replaces_to_another(postgres: Project, server: Target) -> None:
    """Dropped with a table, a key needs the other's lock too: two threads would wait for each other."""
    expected = foreign_keys(server)
    execute(server, *NOTE_DROPPED_KEYS)
    postgres.must("dbt", "build", "--target", "postgres", "--select", "dim_teams", "dim_kpis", "dim_reasons")
    dropped = column(server, "select name || ' by ' || command from dropped_keys")
    execute(server, "drop event trigger note_dropped_keys")
    assert "dim_reasons__kpi__fkey by ALTER TABLE" in dropped
    assert {name for name in dropped if not name.endswith("by ALTER TABLE")} == set()
    assert foreign_keys(server) == expected


def test_mf_query_gives_the_numbers_of_the_scorecard_on_postgres(
    postgres: Project, server: Target, tmp_path: Path
) -> None:
    kpis = ["change_failure_rate", "cycle_time", "lead_time", "rework_ratio"]
    answer = MetricFlow(postgres, tmp_path).by_period(kpis, "month", "team")
    listed = ", ".join(f"'{kpi}'" for kpi in kpis)
    with open_reader(server) as reader:
        rows = reader.rows(
            "select kpi, scope_id, period_start_on, value from marts.scorecard where scope_type = 'team' "
            f"and period_grain = 'month' and null_reason is null and kpi in ({listed})"
        )
    assert {row["kpi"] for row in rows} == set(kpis)
    assert [
        row
        for row in rows
        if not is_same(answer[str(row["period_start_on"]), row["scope_id"]][row["kpi"]], row["value"])
    ] == []
