"""The golden examples of the KPI definitions, through the compiled statistics, on DuckDB and on Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from harness import (
    Observation,
    Postgres,
    Replay,
    Row,
    compiled_project,
    duration_rows,
    open_row,
    share_rows,
)
from postgres_server import postgres_server

HOUR, DAY, MINUTE = 3600.0, 86400.0, 60.0
TO = "\N{EN DASH}"
JUNE_END = datetime(2026, 7, 1)
CHART = (40, 44, 38, 46, 42, 40, 43, 39, 41, 45)


def golden_observations() -> list[Observation]:
    """The rows of all ten examples, as the facts would hold them."""
    excluded = {"is_counted": False, "excluded_because": "bot"}
    late = datetime(2026, 6, 28)
    return [
        *duration_rows("lead_time", (hours * HOUR for hours in (6, 20, 30, 50, 100, 240))),
        *duration_rows("lead_time", [HOUR], datetime(2026, 6, 27), **excluded),
        open_row("lead_time", JUNE_END - timedelta(hours=60)),
        *share_rows("delivery_predictability", {"yes": 4, "no": 3}),
        *duration_rows("cycle_time", (days * DAY for days in (1, 2, 3, 4, 8, 10))),
        *share_rows("cycle_time", {"unknown": 1}),
        *duration_rows("cycle_time", [DAY], datetime(2026, 6, 27), **excluded),
        open_row("cycle_time", JUNE_END - timedelta(days=5)),
        *share_rows("key_person_concentration", {"yes": 4, "no": 2}, date(2026, 6, 30)),
        *share_rows("change_failure_rate", {"yes": 2, "no": 5}),
        *share_rows("change_failure_rate", {"yes": 1}, date(2026, 6, 11), is_inferred=True),
        *share_rows("change_failure_rate", {"no": 1}, date(2026, 6, 12), is_immature=True),
        *duration_rows(
            "time_to_restore", (minutes * MINUTE for minutes in (30, 45, 60, 120, 240, 1440)), late
        ),
        open_row("time_to_restore", JUNE_END - timedelta(hours=26)),
        *share_rows("defect_escape", {"yes": 2, "no": 4, "unknown": 1}),
        *share_rows("rework_ratio", {"yes": 2, "no": 3, "unknown": 1}),
        *share_rows("outcome_linked_work", {"yes": 4, "no": 3}, subject_type="issue"),
        *share_rows("outcome_linked_work", {"no": 1}, subject_type="pull_request"),
        *share_rows("roadmap_accuracy", {"yes": 3, "no": 3}, date(2026, 3, 31)),
    ]


GOLDEN: dict[str, dict[str, Any]] = {
    "lead_time": {
        "n": 6,
        "value": 40,
        "p85": 135,
        "interval": (6, 240),
        "open_count": 1,
        "survival_median": 50,
        "open_oldest_seconds": 60 * HOUR,
        "excluded_count": 1,
    },
    "delivery_predictability": {"n": 7, "value": 4 / 7, "printed": (25.0, 84.2)},
    "cycle_time": {
        "n": 6,
        "value": 3.5,
        "p85": 8.5,
        "interval": (1, 10),
        "open_count": 1,
        "survival_median": 4,
        "coverage": 6 / 7,
        "coverage_band": "caution",
    },
    "key_person_concentration": {"n": 6, "numerator": 4, "value": 4 / 6, "interval": (None, None)},
    "change_failure_rate": {
        "n": 8,
        "value": 3 / 8,
        "printed": (13.7, 69.4),
        "explicit_only_value": 2 / 8,
        "immature_count": 1,
    },
    "time_to_restore": {
        "n": 6,
        "value": 90,
        "p85": 540,
        "interval": (30, 1440),
        "open_count": 1,
        "survival_median": 120,
    },
    "defect_escape": {"n": 6, "value": 2 / 6, "printed": (9.7, 70.0), "bounds": (2 / 7, 3 / 7)},
    "rework_ratio": {"n": 5, "value": 2 / 5, "printed": (11.8, 76.9), "bounds": (2 / 6, 3 / 6)},
    "outcome_linked_work": {
        "n": 8,
        "value": 4 / 8,
        "printed": (21.5, 78.5),
        "bounds": (4 / 8, 5 / 8),
        "coverage": 7 / 8,
    },
    "roadmap_accuracy": {"n": 6, "value": 3 / 6, "printed": (18.8, 81.2)},
}

SENTENCES = {
    "lead_time": (
        f"Half of deployed changes reached customers within 40 h (plausibly 6{TO}240 h; 6 changes,"
        " 1 still waiting). Counting those still open, half take 50 h or less."
    ),
    "cycle_time": (
        "Half of finished issues took 3.5 days or less"
        f" (plausibly 1{TO}10 days; 6 issues, 1 still in progress, 1 unknown)."
        " With caution: only 85.7 % is known. Counting those still open, half take 4 days or less."
    ),
    "key_person_concentration": (
        "66.7 % of live source files have one current author or none (4 of 6 source files)."
    ),
    "change_failure_rate": (
        f"37.5 % of production deployments failed (plausibly 13.7{TO}69.4 %; 3 of 8 deployments)."
    ),
}


def replay_golden(target: str, **where: Any) -> Replay:
    variables = '{"defect_escape_min_pre_release": 1}'
    return Replay(golden_observations(), project=compiled_project(target, variables), **where)


@pytest.fixture(scope="module")
def golden() -> Replay:
    return replay_golden("duckdb")


@pytest.mark.parametrize("kpi", GOLDEN)
def test_golden_example(golden: Replay, kpi: str) -> None:
    row = golden.headline(kpi)
    for name, expected in GOLDEN[kpi].items():
        if name in ("interval", "bounds", "printed"):
            columns = ("bound_low", "bound_high") if name == "bounds" else ("interval_low", "interval_high")
            found = tuple(row[column] for column in columns)
            if name == "printed":
                assert tuple(round(100 * end, 1) for end in found) == expected
            else:
                assert found == pytest.approx(expected, abs=1e-9)
        else:
            assert row[name] == (expected if isinstance(expected, str) else pytest.approx(expected, abs=1e-9))
    assert row["null_reason"] is None


@pytest.mark.parametrize("kpi", SENTENCES)
def test_golden_sentence(golden: Replay, kpi: str) -> None:
    assert golden.headline(kpi)["sentence"].startswith(SENTENCES[kpi])


def test_the_page_has_ten_rows_in_order(golden: Replay) -> None:
    rows = golden.rows("scorecard_current")
    assert sorted(row["kpi_number"] for row in rows) == list(range(1, 11))
    assert {row["scope_type"] for row in rows} == {"company"}


def chart_rows() -> Iterator[Observation]:
    """One lead time a month, the last in June 2026, as many hours long as the golden chart says."""
    for number, hours in enumerate(CHART):
        month = 2026 * 12 + 5 - len(CHART) + 1 + number
        yield from duration_rows("lead_time", [hours * HOUR], datetime(month // 12, month % 12 + 1, 20))


def test_golden_process_chart() -> None:
    row = Replay(chart_rows()).month("lead_time", date(2026, 6, 1))
    moves = [abs(later - earlier) for earlier, later in pairwise(CHART)]
    reach = 2.66 * sum(moves) / len(moves)
    assert row["chart_middle"] == pytest.approx(41.8, abs=1e-9)
    assert row["chart_low"] == pytest.approx(41.8 - reach, abs=1e-9)
    assert row["chart_high"] == pytest.approx(41.8 + reach, abs=1e-9)
    assert (round(row["chart_low"], 2), round(row["chart_high"], 2)) == (30.86, 52.74)
    assert row["chart_points"] == 10
    assert row["is_signal_drawn"]
    assert row["signal"] is None
    assert row["signal_reason"] == "too_few_points"


@pytest.fixture(scope="module")
def postgres_host() -> Iterator[str]:
    with postgres_server() as target:
        yield target.connection["host"]


def rounded(row: Row) -> dict[str, Any]:
    return {name: round(value, 9) if isinstance(value, float) else value for name, value in row.items()}


def test_postgres_gives_the_same_scorecard(golden: Replay, postgres_host: str) -> None:
    elsewhere = replay_golden("postgres", engine=Postgres(postgres_host))
    for model in ("scorecard", "dim_dates", "dim_kpis"):
        key = {"scorecard": "scorecard_id", "dim_dates": "date_on", "dim_kpis": "kpi"}[model]
        here = {row[key]: rounded(row) for row in golden.rows(model)}
        there = {row[key]: rounded(row) for row in elsewhere.rows(model)}
        assert here.keys() == there.keys()
        assert [name for name in here if here[name] != there[name]] == []
