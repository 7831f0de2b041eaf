"""What a replay builds in memory is what landing and dbt build on disk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from project_copy import Build
from replay import replayer_of
from replay.quick_landing import land_quickly
from scorecard.landing.declarations import load_declarations
from scorecard.landing.land import Landing, Options
from scorecard.landing.warehouse import DuckDBWarehouse, create_table_sql
from scorecard.targets import project_root

LANDED_AT = datetime(2099, 1, 1)
OWN_TO_A_LOAD = "load_id, content_hash, source_path"


@pytest.fixture(scope="module")
def both(company_folder: Path) -> duckdb.DuckDBPyConnection:
    """A company landed by the product (database `careful`) and quickly (database `quick`)."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'; attach ':memory:' as careful; attach ':memory:' as quick")
    connection.execute("use careful")
    landing = Landing(DuckDBWarehouse(connection))
    for outcome in landing.land_company(company_folder, Options(landed_at=LANDED_AT)):
        assert outcome.failure is None, outcome.failure
    connection.execute("use quick")
    for declarations in load_declarations(project_root()).values():
        for declaration in declarations.values():
            connection.execute(f"create schema if not exists {declaration.schema}")
            connection.execute(create_table_sql(declaration))
    land_quickly(connection, company_folder, LANDED_AT)
    return connection


def landed_tables() -> list[str]:
    return [
        declaration.table
        for tool, declarations in load_declarations(project_root()).items()
        for declaration in declarations.values()
        if tool != "meta"
    ]


@pytest.mark.parametrize("table", landed_tables())
def test_quick_landing_lands_what_landing_lands(both: duckdb.DuckDBPyConnection, table: str) -> None:
    names = "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'careful'"
    if (table,) not in both.execute(names).fetchall():
        assert both.execute(f"select count(*) from quick.{table}").fetchall() == [(0,)]
        return
    sides = [f"select * exclude (_load_id) from {side}.{table}" for side in ("careful", "quick")]
    for one, other in (sides, reversed(sides)):
        assert both.execute(f"{one} except all {other} limit 1").fetchall() == []


def test_quick_landing_keeps_the_books_that_models_read(both: duckdb.DuckDBPyConnection) -> None:
    sides = [
        f"select * exclude ({OWN_TO_A_LOAD}) from {side}.raw_meta.loads" for side in ("careful", "quick")
    ]
    for one, other in (sides, reversed(sides)):
        assert both.execute(f"{one} except all {other} limit 1").fetchall() == []


def test_a_replay_builds_the_marts_that_dbt_builds(company_build: Build, company_folder: Path) -> None:
    replayer = replayer_of()
    connection = replayer.connection
    replayer.empty()
    land_quickly(connection, company_folder, LANDED_AT)
    connection.execute(f"attach '{company_build.warehouse}' as built (read_only)")
    try:
        # Each warehouse draws a salt of its own; keys of people are the same under the same salt alone.
        connection.execute("delete from raw_meta.person_salts")
        connection.execute("insert into raw_meta.person_salts from built.raw_meta.person_salts")
        replayer.build_models("UTC", None)
        for model in replayer.warehouse.models:
            # The quality of the data tells when each was landed, and of the tests that dbt alone has run.
            if '."marts".' not in model.relation or model.name == "data_quality":
                continue
            table = model.relation.split(".", 1)[1]
            sides = [f"from {side}.{table}" for side in ("replay", "built")]
            for one, other in (sides, reversed(sides)):
                found = connection.execute(f"{one} except all {other} limit 1").fetchall()
                assert found == [], f"{table}: {found}"
            assert (
                connection.execute(f"select count(*) from replay.{table}").fetchall()
                == connection.execute(f"select count(*) from built.{table}").fetchall()
            )
        assert connection.execute("select count(*) from replay.marts.scorecard_current").fetchall() == [(10,)]
    finally:
        connection.execute("detach built")
