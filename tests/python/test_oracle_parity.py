"""The warehouse and the oracle reach the same verdict on every observation and the same numbers from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from parity.compare import Sides, compare_figures, compare_lines, compare_observations, compare_tables
from parity.differences import Difference, Rows, differences, report
from parity.figures import compared_figures
from parity.kpi_tables import TABLES, compared_tables
from parity.lines import warehouse_lines
from parity.observations import FACTS, warehouse_observations
from project_copy import Build, Project

KPIS = tuple(FACTS)
AS_OF = "2026-02-15"
TIMEZONE = "America/Los_Angeles"


@pytest.fixture(scope="module")
def sample(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """The sample company as both see it."""
    root = sample_build.project.root
    workspace = tmp_path_factory.mktemp("oracle")
    with duckdb.connect(str(sample_build.warehouse), read_only=True) as connection:
        yield Sides.open(root / "seeds" / "sample", root / "seeds" / "dictionaries", workspace, connection)


@pytest.fixture(scope="module")
def company(
    company_build: Build, company_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sides]:
    """A small simulated company as both see it."""
    dictionaries = company_build.project.root / "seeds" / "dictionaries"
    workspace = tmp_path_factory.mktemp("oracle")
    with duckdb.connect(str(company_build.warehouse), read_only=True) as connection:
        yield Sides.open(company_folder, dictionaries, workspace, connection)


@pytest.fixture(scope="module")
def past(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """The sample company as both saw it months before its newest record, from another time zone."""
    folder = tmp_path_factory.mktemp("past")
    chosen = project.with_environment(
        SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(folder / "past.duckdb")
    )
    chosen.must("scorecard", "land", "--all", "seeds/sample")
    choices = {"as_of": AS_OF, "reporting_timezone": TIMEZONE}
    paths = ("--target", "duckdb", "--target-path", "target/past")
    chosen.must("dbt", "seed", *paths)
    chosen.must("dbt", "run", *paths, "--vars", json.dumps(choices))
    root = project.root
    with duckdb.connect(str(folder / "past.duckdb"), read_only=True) as connection:
        yield Sides.open(
            root / "seeds" / "sample",
            root / "seeds" / "dictionaries",
            folder,
            connection,
            AS_OF,
            reporting_timezone=TIMEZONE,
        )


@pytest.mark.parametrize("kpi", KPIS)
def test_every_observation_of_the_sample_agrees(sample: Sides, kpi: str) -> None:
    found = compare_observations(sample, kpi)
    assert not found, report(found)
    assert any(row["is_counted"] for row in warehouse_observations(sample.connection, kpi).values())


@pytest.mark.parametrize("kpi", KPIS)
def test_every_number_of_the_sample_agrees(sample: Sides, kpi: str) -> None:
    found = compare_lines(sample, kpi)
    assert not found, report(found)
    lines = warehouse_lines(sample.connection, kpi)
    assert {key[2] for key in lines} >= {"company", "team"}
    assert any(cells["value"] is not None for cells in lines.values())


@pytest.mark.parametrize("kpi", KPIS)
def test_every_figure_of_the_sample_agrees(sample: Sides, kpi: str) -> None:
    found = compare_figures(sample, kpi)
    assert not found, report(found)


def test_figures_of_the_sample_are_compared(sample: Sides) -> None:
    compared = [compared_figures(sample.world, sample.connection, kpi)[1] for kpi in KPIS]
    seen = {place[4] for shown in compared for place, cells in shown.items() if cells["value"] is not None}
    assert seen >= {
        *("coding_median", "pickup_median", "review_median", "deploy_median", "changes_without_review"),
        *("unplanned_share", "carried_over", "ageing_in_progress", "ageing_threshold"),
        *("episodes", "total_impact", "longest_episode", "transient_episodes", "open_episodes"),
        *("severe_escaped_defects", "keeping_the_lights_on", "largest_outcome_share", "linked_deals"),
        *("median_slip", "misses", "added_after_baseline", "aspirational"),
        *("linked_deal_amount", "truck_factor", "contributor_absence_factor"),
    }


@pytest.mark.parametrize("kpi", KPIS)
def test_every_column_of_the_kpi_tables_of_the_sample_agrees(sample: Sides, kpi: str) -> None:
    found = compare_tables(sample, kpi)
    assert not found, report(found)
    table = TABLES[kpi]
    _, warehouse = compared_tables(sample.world, sample.keys, sample.connection, kpi)
    counted = [cells for cells in warehouse.values() if cells["is_counted"]]
    filled = {name for cells in counted for name, value in cells.items() if value is not None}
    assert filled >= {*table.columns, *table.one_of, *table.groups}


@pytest.mark.parametrize("kpi", KPIS)
def test_every_observation_and_number_of_another_company_agrees(company: Sides, kpi: str) -> None:
    found = compare_observations(company, kpi) + compare_lines(company, kpi) + compare_tables(company, kpi)
    assert not found, report(found)
    assert warehouse_observations(company.connection, kpi)


@pytest.mark.slow
@pytest.mark.parametrize("kpi", KPIS)
def test_nothing_after_as_of_is_read_by_either_side(past: Sides, kpi: str) -> None:
    found = compare_observations(past, kpi) + compare_lines(past, kpi) + compare_tables(past, kpi)
    assert not found, report(found)


def test_a_difference_is_named_by_key_column_and_both_values() -> None:
    key = ("month", date(2026, 6, 1), "company", "company")
    oracle: Rows = {key: {"value": 0.5, "n": 4, "status": "no_target"}, ("only", "here"): {"value": 1.0}}
    warehouse: Rows = {key: {"value": 0.5 + 1e-8, "n": 4, "status": None}}
    found = differences("scorecard", "lead_time", oracle, warehouse)
    assert found == [
        Difference("scorecard", "lead_time", key, "value", 0.5, 0.5 + 1e-8),
        Difference("scorecard", "lead_time", key, "status", "no_target", None),
        Difference("scorecard", "lead_time", ("only", "here"), "presence", "counted", "absent"),
    ]
    assert "1 x scorecard lead_time status 'no_target' None" in report(found)
    assert not differences("scorecard", "lead_time", {key: {"value": 0.5}}, {key: {"value": 0.5 + 1e-10}})
