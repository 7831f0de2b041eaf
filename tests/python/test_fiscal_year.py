"""Quarters of a fiscal year that does not begin in January: of the plan, of periods and of questions."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from project_copy import Build, Project, marts_rows
from scorecard.explain import command
from scorecard.quarters import moved, quarter_name, quarter_shift


class Days:
    """Stands in for a warehouse that knows one day."""

    def __init__(self, *rows: tuple[str, date]) -> None:
        self._rows = rows

    def rows(self, *_: Any) -> list[dict[str, Any]]:
        return [{"quarter_label": label, "quarter_start_on": start_on} for label, start_on in self._rows]


@pytest.mark.parametrize(
    ("label", "start_on", "shift", "names"),
    [
        ("2026-Q2", date(2026, 4, 1), 0, ["2026-Q1", "2025-Q4"]),
        # From October on, named after its end; from February on, after its end and after its start.
        ("2026-Q2", date(2026, 1, 1), -3, ["2026-Q2", "2026-Q1"]),
        ("2027-Q1", date(2026, 2, 1), -11, ["2026-Q4", "2026-Q4"]),
        ("2026-Q1", date(2026, 2, 1), 1, ["2025-Q4", "2025-Q4"]),
    ],
)
def test_the_warehouse_tells_where_quarters_lie(
    label: str, start_on: date, shift: int, names: list[str]
) -> None:
    found = quarter_shift(Days((label, start_on)))  # type: ignore[arg-type]
    assert found == shift
    assert [quarter_name(day, shift) for day in (date(2026, 1, 1), date(2025, 12, 1))] == names
    assert quarter_name(start_on, shift) == label


def test_a_warehouse_without_days_has_quarters_of_the_calendar() -> None:
    assert quarter_shift(Days()) == 0  # type: ignore[arg-type]


def test_months_are_moved_over_years_and_not_out_of_time() -> None:
    assert [moved(date(2026, 1, 1), months) for months in (-1, 0, 11, 12)] == [
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    assert moved(date(1, 1, 1), -11).year == 1 and moved(date(9999, 12, 1), 11).year == 9999


@pytest.mark.slow
def test_quarters_of_plan_and_periods_begin_with_the_fiscal_year(
    sample_build: Build, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "fiscal.duckdb"
    shutil.copy2(sample_build.warehouse, warehouse)
    built = project.with_environment(SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(warehouse))
    selected = ("int_roadmap_items+", "stat_periods+")
    built.must("dbt", "run", "--vars", "{fiscal_year_start_month: 2}", "--select", *selected)
    planned = marts_rows(
        warehouse,
        "select planned_quarter, quarter_start_on, quarter_end_on from intermediate.int_roadmap_items",
    )
    spans = {row["planned_quarter"]: (row["quarter_start_on"], row["quarter_end_on"]) for row in planned}
    assert spans["2026-Q1"] == (date(2025, 2, 1), date(2025, 4, 30))
    numbers = marts_rows(
        warehouse,
        "select period_grain, period_start_on, period_end_on, numerator, n from marts.scorecard "
        "where kpi = 'roadmap_accuracy' and scope_type = 'company' order by period_start_on",
    )
    quarters = [row for row in numbers if row["period_grain"] == "quarter"]
    years = [row for row in numbers if row["period_grain"] == "trailing_4_quarters"]
    assert {row["period_start_on"].month for row in quarters} == {2, 5, 8, 11}
    assert {row["period_end_on"].month for row in years} <= {1, 4, 7, 10}
    # Each quarter counts the promises of the plan's quarter of that name.
    promised = {
        row["planned_quarter"]: row["promises"]
        for row in marts_rows(
            warehouse,
            "select planned_quarter, count(*) as promises from marts.kpi_roadmap_accuracy "
            "where is_counted group by all",
        )
    }
    counted = {quarter_name(row["period_start_on"], -11): row["n"] for row in quarters if row["n"]}
    assert counted and counted == {name: promised[name] for name in counted}
    name, latest = max(counted), quarter_name(quarters[-1]["period_start_on"], -11)
    monkeypatch.setenv("SCORECARD_WAREHOUSE", str(warehouse))

    def asked(quarter: str) -> Result:
        return CliRunner().invoke(command, ["roadmap_accuracy", "--quarter", quarter, "--target", "duckdb"])

    assert asked(name).exit_code == 0 and f"{counted[name]:,}" in asked(name).output
    assert asked("1999-Q1").exit_code == 1 and f"to {latest}." in asked("1999-Q1").output
    assert latest in built.must("scorecard", "show", "--kpi", "roadmap_accuracy")
