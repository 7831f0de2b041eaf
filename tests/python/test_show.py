"""`scorecard show` on a warehouse made by hand: its tables have the columns of the contracts."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner, Result
from project_copy import ROOT
from scorecard import wording
from scorecard.show import command

AS_OF = datetime(2026, 7, 4, 9)
ACCOUNTABILITIES = (
    ("software_delivery", "Software delivery", ("lead_time", "delivery_predictability")),
    ("team_performance", "Team performance", ("cycle_time", "key_person_concentration")),
    ("operational_reliability", "Operational reliability", ("change_failure_rate", "time_to_restore")),
    ("technical_quality", "Technical quality", ("defect_escape", "rework_ratio")),
    ("roadmap_alignment", "Roadmap alignment", ("outcome_linked_work", "roadmap_accuracy")),
)
UNITS = {"lead_time": "hours", "cycle_time": "days", "time_to_restore": "minutes"}
SECONDS = {"hours": 3600, "days": 86400, "minutes": 60}
HIGHER = ("delivery_predictability", "outcome_linked_work", "roadmap_accuracy")
MONTHS = [date(2025 + (6 + place) // 12, (6 + place) % 12 + 1, 1) for place in range(12)]


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


@functools.cache
def contract(path: str, model: str) -> dict[str, str]:
    """Columns and DuckDB types of a mart, from its contract."""
    for entry in yaml.safe_load((ROOT / path).read_text())["models"]:
        if entry["name"] == model:
            types = {column["name"]: column["data_type"] for column in entry["columns"]}
            return {
                name: "double" if "double" in kind else "text" if "text" in kind else kind
                for name, kind in types.items()
            }
    raise AssertionError(f"{path} has no {model}")


class Warehouse:
    """A DuckDB file with marts, filled by a test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns = {
            "scorecard": contract("models/marts/scorecard/_scorecard__models.yml", "scorecard"),
            "scorecard_current": contract(
                "models/marts/scorecard/_scorecard__models.yml", "scorecard_current"
            ),
            "dim_kpis": contract("models/marts/dimensions/_dimensions__models.yml", "dim_kpis"),
            "fct_software_delivery": contract(
                "models/marts/facts/_facts__models.yml", "fct_software_delivery"
            ),
            "scorecard_supporting_figures": contract(
                "models/marts/scorecard/scorecard_supporting_figures.yml", "scorecard_supporting_figures"
            ),
            "scorecard_observations": contract(
                "models/marts/scorecard/_scorecard_observations.yml", "scorecard_observations"
            ),
        }
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema marts")
            for table, columns in self.columns.items():
                told = ", ".join(f"{name} {kind}" for name, kind in columns.items())
                connection.execute(f"create table marts.{table} ({told})")

    def add(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Add rows; a column that a row does not name is NULL."""
        columns = self.columns[table]
        unknown = {name for row in rows for name in row} - set(columns)
        assert not unknown, f"{table} has no {unknown}"
        marks = ", ".join("?" for _ in columns)
        with duckdb.connect(str(self.path)) as connection:
            connection.executemany(
                f"insert into marts.{table} values ({marks})", [[row.get(c) for c in columns] for row in rows]
            )


def catalog_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for accountability, name, kpis in ACCOUNTABILITIES:
        for kpi in kpis:
            unit = UNITS.get(kpi, "share")
            rows.append(
                {
                    "kpi": kpi,
                    "kpi_number": len(rows) + 1,
                    "accountability": accountability,
                    "accountability_name": name,
                    "question": f"What of {name.lower()}?",
                    "kpi_name": "Work tied to a business outcome"
                    if kpi == "outcome_linked_work"
                    else kpi.replace("_", " ").capitalize(),
                    "definition": f"How {kpi} is defined.",
                    "statistic": "share" if unit == "share" else "median",
                    "unit": unit,
                    "better": "higher" if kpi in HIGHER else "lower",
                    "seconds_per_unit": SECONDS.get(unit),
                    "definition_version": 1,
                }
            )
    return rows


def scorecard_row(entry: dict[str, Any], start: date, end: date, grain: str, **values: Any) -> dict[str, Any]:
    """A row without a number unless `values` say so; `end` is the first day after the period."""
    copied = ("kpi", "kpi_number", "accountability", "accountability_name", "kpi_name", "unit", "better")
    return {
        **{name: entry[name] for name in copied},
        "scorecard_id": f"{entry['kpi']}:{grain}:{start}",
        "scope_type": "company",
        "scope_id": "company",
        "scope_name": "Company",
        "period_grain": grain,
        "period_start_on": start,
        "period_end_on": end - timedelta(days=1),
        "period_start_at": datetime.combine(start, datetime.min.time()),
        "period_end_at": datetime.combine(end, datetime.min.time()),
        "n": 0,
        "status": "no_data",
        "null_reason": "no_events",
        "status_reason": "no_events",
        "sentence": "No number, because there was nothing to count in the period.",
        "unknown_count": 0,
        "immature_count": 0,
        "excluded_count": 0,
        "as_of": AS_OF,
        "definition_version": 1,
        "data_origin": "own",
        "is_headline_grain": grain == "trailing_3_months",
        "is_latest_period": end == date(2026, 7, 1),
        **values,
    }


def number(value: float, **values: Any) -> dict[str, Any]:
    """Columns of a row that has a number and a target that it meets."""
    return {
        "value": value,
        "n": 120,
        "coverage": 1.0,
        "coverage_band": "full",
        "null_reason": None,
        "status": "on_target",
        "status_reason": None,
        "sentence": "A plain sentence.",
        **values,
    }


HEADLINES: dict[str, dict[str, Any]] = {
    "lead_time": number(
        40.0, interval_low=6.0, interval_high=240.0, n=6, open_count=1, open_oldest_seconds=216000.0,
        p85=135.0, target=48.0, target_owner="Head of Delivery", survival_median=50.0, signal="worsening",
    ),
    "delivery_predictability": number(
        4 / 7, numerator=4, denominator=7, n=7, interval_low=0.25, interval_high=0.842
    ),
    "cycle_time": number(
        3.5, coverage=0.61, coverage_band="poor", status="cannot_tell", status_reason="low_coverage"
    ),
    "key_person_concentration": number(4 / 6, n=600, status="no_target"),
    "change_failure_rate": number(
        0.375, target=0.15, status="off_target", numerator=45, interval_low=0.137, interval_high=0.694
    ),
    "defect_escape": number(
        1 / 3, coverage=0.6, coverage_band="poor", bound_low=0.2, bound_high=0.6, status="cannot_tell",
        status_reason="low_coverage", target=0.25,
    ),
    "rework_ratio": number(0.4, coverage=0.8, coverage_band="caution", target=0.305, status="off_target"),
    "roadmap_accuracy": {"null_reason": "no_baseline", "status_reason": "no_baseline"},
}  # fmt: skip


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Ten headlines, twelve months of lead time (one of them without a number) and its rows of June 2026."""
    made = Warehouse(tmp_path / "made.duckdb")
    catalog = catalog_rows()
    made.add("dim_kpis", catalog)
    quarter = (date(2026, 4, 1), date(2026, 7, 1))
    headlines = [
        scorecard_row(entry, *quarter, "trailing_3_months", **HEADLINES.get(entry["kpi"], {}))
        for entry in catalog
    ]
    made.add("scorecard", headlines)
    made.add("scorecard_current", headlines)
    months = []
    for place, month in enumerate(MONTHS):
        values = number(10.0 + place, excluded_count=2) if place != 4 else {}
        months.append(scorecard_row(catalog[0], month, next_month(month), "month", **values))
    made.add("scorecard", months)
    made.add("fct_software_delivery", observations())
    made.add("scorecard_observations", listed(observations()))
    made.add("scorecard_supporting_figures", figures())
    return made


def figures() -> list[dict[str, Any]]:
    def figure(number: int, name: str, unit: str, value: float | None, **values: Any) -> dict[str, Any]:
        return {
            "kpi": "lead_time",
            "figure": name,
            "figure_name": name.replace("_", " ").capitalize(),
            "figure_number": number,
            "unit": unit,
            "value": value,
            "n": 6,
            "scope_type": "company",
            "scope_id": "company",
            "is_headline_grain": True,
            "is_latest_period": True,
            **values,
        }

    return [
        figure(3, "deals", "money", 120500.0, breakdown="EUR"),
        figure(3, "deals", "money", 7000.0, breakdown="USD"),
        figure(1, "coding", "hours", 2.5),
        figure(2, "factor", "count", 1200.0, breakdown="api"),
        figure(2, "factor", "count", 2.0, breakdown="web"),
        figure(4, "slip", "days", -9.0),
        figure(5, "pickup", "hours", None, null_reason="source_not_loaded", n=0),
        # Nothing to tell, told above, another period, another scope, another KPI.
        figure(6, "silent", "hours", None, null_reason="no_events", n=0),
        figure(7, "open_episodes", "count", 1.0),
        figure(8, "past", "hours", 77.0, is_latest_period=False),
        figure(9, "month", "hours", 77.0, is_headline_grain=False),
        figure(10, "blue", "hours", 88.0, scope_type="team", scope_id="blue"),
        figure(11, "other", "hours", 77.0, kpi="cycle_time"),
    ]


# What the mart says that the rows of June 2026 are for it; it lists neither of the other two.
ROLES = {
    "waiting": "open",
    "later": "open",
    "unjudged": "unknown",
    "bot": "left_out",
    "other_bot": "left_out",
    "reverted": "left_out",
    "old": None,
    "young": None,
}


def listed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a fact as scorecard_observations lists them under June 2026."""
    shared = ("observation_id", "kpi", "accountability", "subject_id", "team_id")
    return [
        {
            **{name: row[name] for name in shared},
            "scorecard_observation_id": f"{row['observation_id']}:{role}:2026-06-01",
            "role": role,
            "month_on": date(2026, 6, 1),
            **dict.fromkeys(("is_of_company", "is_of_team", "is_of_service"), True),
        }
        for row in rows
        if (role := ROLES.get(row["subject_id"], "counted")) is not None
    ]


def observations() -> list[dict[str, Any]]:
    def change(key: str, hours: float | None, **values: Any) -> dict[str, Any]:
        start = datetime(2026, 6, 20)
        end = None if hours is None else start + timedelta(hours=hours)
        return {
            "observation_id": f"lead_time:{key}",
            "kpi": "lead_time",
            "accountability": "software_delivery",
            "subject_type": "pull_request",
            "subject_id": key,
            "subject_title": f"Change {key}",
            "subject_url": f"https://example.com/pull/{key}",
            "team_id": "blue",
            "started_at": start,
            "open_from_at": start,
            "ended_at": end,
            "occurred_at": end,
            "occurred_on": end.date() if end else None,
            "duration_seconds": None if hours is None else 3600.0 * hours,
            "method": "ancestry",
            "is_open": end is None,
            "is_immature": False,
            "is_inferred": False,
            "is_counted": True,
            **values,
        }

    out = {"is_counted": False, "duration_seconds": None}
    return [
        change("a", 6.0),
        change("b", 30.0, is_inferred=True),
        change("c", 20.0, team_id=None),
        change("waiting", None),
        # Finished in July: open at the end of June.
        change("later", 24.0 * 12),
        change("unjudged", 5.0, verdict="unknown", duration_seconds=None),
        change("bot", 4.0, excluded_because="bot", **out),
        change("other_bot", 3.0, excluded_because="bot", **out),
        change("reverted", 2.0, excluded_because="pure_revert", **out),
        # Neither of June nor open at its end.
        change(
            "old", None, ended_at=datetime(2026, 5, 1), occurred_on=date(2026, 5, 1), duration_seconds=1.0
        ),
        change("young", None, started_at=datetime(2026, 7, 2), open_from_at=datetime(2026, 7, 2)),
    ]


def show(path: Path, *arguments: str, width: int = 100, **variables: str) -> Result:
    environment = {"SCORECARD_TARGET": "duckdb", "SCORECARD_WAREHOUSE": str(path), "COLUMNS": str(width)}
    return CliRunner().invoke(command, arguments, env={**environment, **variables}, catch_exceptions=False)


def line_of(output: str, name: str) -> str:
    return next(line for line in output.splitlines() if line.strip().startswith(name))


def test_the_page_shows_each_number_with_what_stands_beside_it(warehouse: Warehouse) -> None:
    output = show(warehouse.path, width=130).output
    lead_time = line_of(output, "Lead time")
    for text in ("40 h", "6–240 h", " 6 ", " 1 ", "≤ 48 h", "on target", "100 %", "worse"):  # noqa: RUF001
        assert text in lead_time
    predictability = line_of(output, "Delivery predictability")
    for text in ("57.1 %", "25.0–84.2 %", "4 of 7"):  # noqa: RUF001
        assert text in predictability
    failures = line_of(output, "Change failure rate")
    assert "37.5 %" in failures and "≤ 15 %" in failures and "off target" in failures
    assert "≤ 30.5 %" in line_of(output, "Rework ratio")
    assert "no target" in line_of(output, "Key person concentration")
    assert "Owner: Head of Delivery." in output
    assert "As of 2026-07-04 09:00 UTC. Definitions: version 1." in output
    assert "Three months, 1 April 2026 to 30 June 2026." in output


def test_rows_stand_under_the_question_that_they_answer_in_order(warehouse: Warehouse) -> None:
    output = show(warehouse.path, width=130).output
    lowered = output.lower()
    places = []
    for _, name, kpis in ACCOUNTABILITIES:
        places.append(lowered.index(f"\n{name}: what of {name}?".lower()))
        for kpi in kpis:
            shown = "work tied to a" if kpi == "outcome_linked_work" else kpi.replace("_", " ")
            places.append(lowered.index(f"\n  {shown}"))
    assert places == sorted(places)


def test_the_line_of_twelve_months_has_a_gap_where_there_is_no_number(warehouse: Warehouse) -> None:
    line = line_of(show(warehouse.path).output, "Lead time")
    values = [10.0 + place if place != 4 else None for place in range(12)]
    drawn = wording.sparkline(values)
    assert len(drawn) == 12 and drawn[4] == " "
    assert drawn in line


def test_without_a_number_the_reason_stands_in_its_place(warehouse: Warehouse) -> None:
    output = show(warehouse.path).output
    assert "no frozen roadmap" in line_of(output, "Roadmap accuracy")
    assert "no data" in line_of(output, "Roadmap accuracy")


@pytest.mark.parametrize(
    ("kpi", "reason"),
    [
        ("lead_time", "The target lies within the interval."),
        # A tenth or more is unknown: the status is judged by a wider interval than the page shows.
        ("rework_ratio", "With the unknown counted either way, the target may be met or missed."),
    ],
)
def test_an_unclear_status_says_why(warehouse: Warehouse, kpi: str, reason: str) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(
            "update marts.scorecard_current set status = 'cannot_tell', status_reason = 'straddles_target' "
            "where kpi = ?",
            [kpi],
        )
    assert reason in " ".join(show(warehouse.path).output.split())


def test_poor_coverage_shows_the_bounds_and_never_the_point(warehouse: Warehouse) -> None:
    output = show(warehouse.path).output
    escape = line_of(output, "Defect escape")
    assert "within 20.0–60.0 %" in escape  # noqa: RUF001
    assert "33.3" not in escape
    assert "cannot tell" in escape
    cycle = line_of(output, "Cycle time")
    assert "too few measured" in cycle and "3.5" not in cycle
    assert "Coverage is below 70 %." in output


@pytest.mark.parametrize("width", [60, 80, 100, 130, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(warehouse: Warehouse, width: int) -> None:
    output = show(warehouse.path, width=width).output
    # Beneath 75 columns name, value, target and status alone need more.
    assert max(len(line) for line in output.splitlines()) <= max(width, 75)
    told = " ".join(output.split())
    compact = " ".join(show(warehouse.path, "--no-sentences", width=width).output.split())
    for text in ("100 %", "40 h", "≤ 48 h", "on target", "Head of Delivery", "tied to a business"):
        assert text in told
    for text in ("6–240 h", "100 %", "4 of 7"):  # noqa: RUF001
        assert text in compact


def test_colour_is_for_terminals_only(warehouse: Warehouse) -> None:
    assert "\x1b" not in show(warehouse.path).output


@pytest.mark.parametrize(
    ("origins", "mark"),
    [
        (("sample",), "SAMPLE COMPANY"),
        (("own", "sample"), "SAMPLE AND OWN DATA ARE MIXED"),
        (("none",), "Nothing has been landed yet"),
    ],
)
def test_data_that_are_not_ones_own_are_marked(
    warehouse: Warehouse, origins: tuple[str, ...], mark: str
) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        for origin, parity in zip((*origins, *origins), (0, 1), strict=False):
            connection.execute(
                "update marts.scorecard_current set data_origin = ? where kpi_number % 2 = ?",
                [origin, parity],
            )
    assert mark in show(warehouse.path).output


def test_own_data_carry_no_mark(warehouse: Warehouse) -> None:
    assert "SAMPLE" not in show(warehouse.path).output


def test_definition_versions_that_differ_are_named(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("update marts.dim_kpis set definition_version = 3 where kpi = 'cycle_time'")
    assert "Definitions: version 1 (Cycle time 3)." in show(warehouse.path).output


def test_json_holds_the_rows_of_the_mart_unrounded(warehouse: Warehouse) -> None:
    rows = json.loads(show(warehouse.path, "--json").output)
    assert len(rows) == 10
    assert list(rows[0]) == list(warehouse.columns["scorecard_current"])
    assert rows[1]["value"] == 4 / 7
    assert rows[0]["as_of"] == "2026-07-04T09:00:00Z"
    assert rows[0]["period_start_on"] == "2026-04-01"
    assert rows[9]["value"] is None


def test_one_kpi_shows_its_months_and_the_rows_behind_the_latest(warehouse: Warehouse) -> None:
    output = show(warehouse.path, "--kpi", "lead_time").output
    assert "How lead_time is defined." in output
    assert "40 h (6–240 h)" in output  # noqa: RUF001
    assert "85 % within 135 h." in output
    assert "Oldest open: 60 h." in output
    assert "half within 50 h (Kaplan-Meier)" in output
    assert line_of(output, "2025-11").split() == ["2025-11", "–", "nothing", "happened"]  # noqa: RUF001
    assert line_of(output, "2026-06").split()[1:3] == ["21", "h"]
    assert "Behind 2026-06: 3 counted, 2 still open at its end, 1 cannot be judged, 3 left out." in output
    counted = [line.split("Change ")[1].split()[0] for line in output.splitlines() if "Change " in line]
    # The slowest first, then the oldest that is open, then by reason.
    assert counted == ["b", "c", "a", "later", "waiting", "unjudged", "bot", "other_bot", "reverted"]
    assert "ancestry, inferred" in line_of(output, "30 h")
    assert "Bot 2, pure revert 1." in output
    assert "https://example.com/pull/b" in output


def test_the_figures_beside_a_number_stand_under_it(warehouse: Warehouse) -> None:
    output = show(warehouse.path, "--kpi", "lead_time").output
    lines = output.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("beside it"))
    told = [re.split(r"\s{2,}", line) for line in lines[start + 1 : lines.index("", start)]]
    assert told == [
        ["Coding", "2.5 h", "6"],
        ["Factor", "api 1,200, web 2"],
        ["Deals", "120,500 EUR, 7,000 USD"],
        ["Slip", "-9 days", "6"],
        ["Pickup", "source not landed"],
    ]
    assert lines.index("How lead_time is defined.") < start < lines.index(line_of(output, "2025-11"))


def test_a_number_that_is_missing_hides_the_figures_that_miss_the_same(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(
            "update marts.scorecard_current set value = null, null_reason = 'source_not_loaded' "
            "where kpi = 'lead_time'"
        )
    output = show(warehouse.path, "--kpi", "lead_time").output
    assert "Pickup" not in output and "Coding" in output


def test_rows_limits_each_group_and_says_how_many_more(warehouse: Warehouse) -> None:
    output = show(warehouse.path, "--kpi", "lead_time", "--rows", "1").output
    assert "Counted (3)" in output
    assert "and 2 more rows: --rows 3 shows all." in output
    assert "and 1 more row: --rows 2 shows all." in output
    assert "Change a" not in output


def test_one_kpi_as_json_holds_all_its_rows(warehouse: Warehouse) -> None:
    detail = json.loads(show(warehouse.path, "--kpi", "lead_time", "--json").output)
    keys = {section: [row["subject_id"] for row in rows] for section, rows in detail["observations"].items()}
    assert keys == {
        "counted": ["b", "c", "a"],
        "open": ["later", "waiting"],
        "unknown": ["unjudged"],
        "immature": [],
        "left_out": ["bot", "other_bot", "reverted"],
    }
    assert len(detail["periods"]) == 12


def test_a_team_has_its_own_numbers_and_rows(warehouse: Warehouse) -> None:
    entry = catalog_rows()[0]
    teams = {"scope_type": "team", "scope_id": "blue", "scope_name": "Blue"}
    quarter = (date(2026, 4, 1), date(2026, 7, 1))
    warehouse.add(
        "scorecard",
        [
            scorecard_row(entry, *quarter, "trailing_3_months", **number(33.0), **teams),
            scorecard_row(entry, date(2026, 6, 1), quarter[1], "month", **number(30.0), **teams),
        ],
    )
    page = show(warehouse.path, "--scope", "team:blue").output
    assert "Execution scorecard, team Blue" in page
    assert "33 h" in line_of(page, "Lead time")
    detail = show(warehouse.path, "--scope", "team:blue", "--kpi", "lead_time").output
    assert "Change b" in detail and "Change c" not in detail
    assert line_of(detail, "Blue").split() == ["Blue", "88", "h", "6"] and "Coding" not in detail
    unknown = show(warehouse.path, "--scope", "team:green")
    assert unknown.exit_code == 1
    assert unknown.output == 'Error: There is no team "green": choose one of blue.\n'


def test_an_unknown_kpi_is_answered_with_the_ten_keys(warehouse: Warehouse) -> None:
    done = show(warehouse.path, "--kpi", "velocity")
    assert done.exit_code == 2
    for entry in catalog_rows():
        assert entry["kpi"] in done.output


def test_a_scope_that_is_none_is_refused(warehouse: Warehouse) -> None:
    done = show(warehouse.path, "--scope", "blue")
    assert done.exit_code == 2
    assert "write team:<id> or service:<id>" in done.output


def test_no_warehouse_yet(tmp_path: Path) -> None:
    done = show(tmp_path / "none.duckdb")
    assert done.exit_code == 1
    assert "There is no warehouse" in done.output and "dbt build --target duckdb" in done.output
    assert len(done.output.splitlines()) == 1


def test_a_warehouse_that_was_not_built_yet(tmp_path: Path) -> None:
    path = tmp_path / "landed.duckdb"
    duckdb.connect(str(path)).close()
    done = show(path)
    assert done.exit_code == 1
    assert "holds no scorecard" in done.output and "dbt build --target duckdb" in done.output
    assert len(done.output.splitlines()) == 1


def test_a_file_that_is_no_warehouse(tmp_path: Path) -> None:
    path = tmp_path / "text.duckdb"
    path.write_text("not a database " * 1000)
    done = show(path)
    assert done.exit_code == 1
    assert "is no DuckDB database" in done.output
    assert len(done.output.splitlines()) == 1


def test_a_warehouse_that_another_process_writes(warehouse: Warehouse) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys\n"
            "connection = duckdb.connect(sys.argv[1])\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()",
            str(warehouse.path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None and holder.stdin is not None
    try:
        assert holder.stdout.readline() == "held\n"
        done = show(warehouse.path)
    finally:
        holder.stdin.close()
        holder.wait(timeout=30)
    assert done.exit_code == 1
    assert "is in use by another process" in done.output
    assert len(done.output.splitlines()) == 1


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    done = show(tmp_path / "none", SCORECARD_TARGET="postgres", SCORECARD_PG_HOST=str(tmp_path))
    assert done.exit_code == 1
    assert "cannot be reached" in done.output and "SCORECARD_PG_HOST" in done.output
    assert len(done.output.splitlines()) == 1


def test_a_terminal_without_unicode_gets_ascii(warehouse: Warehouse) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from scorecard.show import command; command()"],
        env={
            "PYTHONIOENCODING": "ascii",
            "PYTHONPATH": str(ROOT / "scripts"),
            "SCORECARD_TARGET": "duckdb",
            "SCORECARD_WAREHOUSE": str(warehouse.path),
        },
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "<= 48 h" in done.stdout.decode("ascii")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (40.0, "hours", "40 h"),
        (40.04, "hours", "40 h"),
        (3.5, "days", "3.5 days"),
        (1.0, "days", "1 day"),
        (1440.0, "minutes", "1440 min"),
        (0.0384, "hours", "0.038 h"),
        (0.0, "days", "0 days"),
        (4 / 7, "share", "57.1 %"),
        (1.0, "share", "100.0 %"),
        (None, "share", ""),
    ],
)
def test_quantities(value: float | None, unit: str, text: str) -> None:
    assert wording.quantity(value, unit) == text


def test_all_but_one_is_not_all() -> None:
    assert wording.covered(0.9996) == "99.9 %"
    assert wording.covered(1.0) == "100 %"
    assert wording.covered(0.8797) == "88.0 %"


def test_a_number_keeps_its_unit_on_one_line() -> None:
    for width in range(12, 60):
        for line in wording.wrapped(
            "Coverage 88 %. Half within 55.1 h and 3 days. Some 40 min after.", width
        ):
            assert not line.startswith(("%", "h ", "days", "min"))
