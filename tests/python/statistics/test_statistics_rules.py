"""Periods, sources, reasons, targets, status, scopes and sentences, each rule by a case of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from harness import (
    Observation,
    Publication,
    Replay,
    Row,
    Source,
    Target,
    compiled_project,
    duration_rows,
    every_source,
    open_row,
    share_rows,
)

HOUR = 3600.0
TO = "\N{EN DASH}"
JUNE = date(2026, 6, 1)


def sources_with(**changes: Source | None) -> list[Source]:
    """Every source, those named `tool__object` replaced or, for None, left out."""
    landed = []
    for source in every_source():
        name = f"{source.tool}__{source.object}"
        kept = changes.get(name, source) if name in changes else source
        if kept is not None:
            landed.append(kept)
    return landed


# --- periods ---------------------------------------------------------------------------------------------


def period_spans(replay: Replay, grain: str) -> list[tuple[date, date]]:
    rows = replay.rows("stat_periods", period_grain=grain, is_shown=True)
    return sorted((row["period_start_on"], row["period_end_on"]) for row in rows)


def test_the_shown_periods_are_the_last_complete_ones() -> None:
    replay = Replay([])
    months = period_spans(replay, "month")
    assert (len(months), months[0][0], months[-1]) == (24, date(2024, 7, 1), (JUNE, date(2026, 6, 30)))
    trailing = period_spans(replay, "trailing_3_months")
    assert (len(trailing), trailing[-1]) == (12, (date(2026, 4, 1), date(2026, 6, 30)))
    quarters = period_spans(replay, "quarter")
    assert (len(quarters), quarters[-1]) == (24, (date(2026, 4, 1), date(2026, 6, 30)))
    years = period_spans(replay, "trailing_4_quarters")
    assert (len(years), years[-1]) == (4, (date(2025, 7, 1), date(2026, 6, 30)))
    assert len(period_spans(replay, "month_end")) == 12


@pytest.mark.parametrize(
    ("as_of", "last_day"),
    [
        (datetime(2026, 7, 1), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 23, 59, 59), date(2026, 5, 31)),
        (datetime(2026, 2, 28, 12), date(2026, 1, 31)),
    ],
)
def test_a_period_is_complete_when_its_end_is_not_after_as_of(as_of: datetime, last_day: date) -> None:
    replay = Replay([], as_of=as_of)
    assert period_spans(replay, "month")[-1][1] == last_day
    assert len(replay.rows("scorecard_current")) == 10


def test_periods_are_cut_in_the_reporting_time_zone() -> None:
    project = compiled_project("duckdb", '{"reporting_timezone": "America/New_York"}')
    replay = Replay([], as_of=datetime(2026, 7, 1, 3, 59), project=project)
    assert period_spans(replay, "month")[-1][1] == date(2026, 5, 31)
    later = Replay([], as_of=datetime(2026, 7, 1, 4), project=project)
    june = later.row("stat_periods", period_id="month:2026-06-01")
    assert (june["period_start_at"], june["period_end_at"]) == (
        datetime(2026, 6, 1, 4),
        datetime(2026, 7, 1, 4),
    )
    january = later.row("stat_periods", period_id="month:2026-01-01")
    assert january["period_start_at"] == datetime(2026, 1, 1, 5)


def test_open_means_begun_before_the_end_and_not_finished_before_it() -> None:
    june_end = datetime(2026, 7, 1)
    merged_in_time = Observation(
        "a", "lead_time", started_at=datetime(2026, 6, 1), open_from_at=june_end - timedelta(seconds=1)
    )
    merged_too_late = replace(merged_in_time, observation_id="b", open_from_at=june_end)
    never_open = replace(merged_in_time, observation_id="c", open_from_at=None)
    unknown = replace(merged_in_time, observation_id="d", verdict="unknown", occurred_on=JUNE)
    left_out = replace(merged_in_time, observation_id="e", is_counted=False, excluded_because="bot")
    finished_at_the_end = replace(
        merged_in_time,
        observation_id="f",
        ended_at=june_end,
        occurred_on=date(2026, 7, 1),
        duration_seconds=30 * 24 * HOUR,
    )
    rows = [merged_in_time, merged_too_late, never_open, unknown, left_out, finished_at_the_end]
    june = Replay(rows).month("lead_time", JUNE)
    assert june["open_count"] == 2
    assert june["open_oldest_seconds"] == pytest.approx(30 * 24 * HOUR)
    assert june["null_reason"] == "all_unknown"


def test_the_previous_value_is_that_of_the_period_that_ends_where_this_one_starts() -> None:
    rows = [
        *share_rows("rework_ratio", {"yes": 1, "no": 3}, date(2026, 3, 31)),
        *share_rows("rework_ratio", {"yes": 1, "no": 1}, date(2026, 4, 1)),
        *share_rows("rework_ratio", {"yes": 1, "no": 0}, date(2026, 6, 30)),
    ]
    replay = Replay(rows)
    assert replay.headline("rework_ratio")["previous_value"] == pytest.approx(1 / 4)
    assert replay.headline("rework_ratio")["value"] == pytest.approx(2 / 3)
    assert replay.month("rework_ratio", date(2026, 4, 1))["previous_value"] == pytest.approx(1 / 4)
    oldest = min(
        replay.rows("scorecard", kpi="rework_ratio", period_grain="trailing_3_months", scope_type="company"),
        key=lambda row: row["period_start_on"],
    )
    assert oldest["period_start_on"] == date(2025, 5, 1)


# --- nothing is not zero ---------------------------------------------------------------------------------


def reason(rows: list[Observation], kpi: str, **where: Any) -> str | None:
    found = Replay(rows, **where).headline(kpi)
    assert (found["value"] is None) == (found["null_reason"] is not None)
    assert found["status"] == ("no_data" if found["value"] is None else "no_target")
    assert found["status_reason"] == (found["null_reason"] or "no_target")
    return found["null_reason"]


FIVE = {"yes": 1, "no": 5}


def test_null_reasons_in_their_order() -> None:
    """One replay; each KPI stands for a reason, with rows for the reasons after it too."""
    immature = {"is_immature": True}
    rows = [
        *share_rows("delivery_predictability", {"yes": 1}, **immature),
        *share_rows("defect_escape", {"yes": 9, "no": 4, "unknown": 2}),
        *share_rows("rework_ratio", {"unknown": 3}),
        *share_rows("rework_ratio", {"yes": 1}, date(2026, 6, 11), **immature),
        open_row("cycle_time", datetime(2026, 6, 1)),
        *share_rows(
            "roadmap_accuracy",
            {"yes": 3},
            date(2026, 3, 31),
            is_counted=False,
            excluded_because="no_baseline",
        ),
    ]
    rows += share_rows("change_failure_rate", FIVE)
    rows += share_rows("key_person_concentration", FIVE, date(2026, 6, 30))
    landed = sources_with(
        git__commits=None,
        pagerduty__incidents=Source("pagerduty", "incidents", covers_to=datetime(2026, 6, 30, 23)),
    )
    replay = Replay(rows, sources=landed)
    expected = {
        "lead_time": "no_events",
        "delivery_predictability": "immature",
        "cycle_time": "none_finished",
        "key_person_concentration": "source_not_loaded",
        "change_failure_rate": "source_not_covering",
        "time_to_restore": "source_not_covering",
        "defect_escape": "below_min_n",
        "rework_ratio": "all_unknown",
        "outcome_linked_work": "no_events",
        "roadmap_accuracy": "no_baseline",
    }
    found = {row["kpi"]: row for row in replay.rows("scorecard_current")}
    assert {kpi: row["null_reason"] for kpi, row in found.items()} == expected
    assert {row["value"] for row in found.values()} == {None}
    assert {row["status"] for row in found.values()} == {"no_data"}
    assert found["change_failure_rate"]["numerator"] == 1
    assert found["change_failure_rate"]["bound_low"] is None
    assert found["roadmap_accuracy"]["missing_quarters"] == "2025-Q3, 2025-Q4, 2026-Q1, 2026-Q2"
    sentences = {
        "lead_time": "No number, because there was nothing to count in the period.",
        "delivery_predictability": (
            "No number yet, because what there is (1 committed item) is too recent to judge."
        ),
        "cycle_time": "No number, because none finished in the period (1 still in progress).",
        "key_person_concentration": "No number, because these exports are not loaded: commits.",
        "change_failure_rate": (
            "No number, because these exports do not reach over the whole period: incidents."
        ),
        "rework_ratio": "No number, because none of 3 changes could be judged.",
    }
    assert {kpi: found[kpi]["sentence"] for kpi in sentences} == sentences
    assert found["roadmap_accuracy"]["sentence"].endswith("2025-Q3, 2025-Q4, 2026-Q1, 2026-Q2.")


def test_a_missing_source_comes_before_one_that_falls_short() -> None:
    landed = sources_with(
        github__deployment_statuses=None,
        pagerduty__incidents=Source("pagerduty", "incidents", covers_to=datetime(2026, 5, 1)),
    )
    assert (
        reason(share_rows("change_failure_rate", FIVE), "change_failure_rate", sources=landed)
        == "source_not_loaded"
    )


def test_five_defects_before_release_are_enough() -> None:
    assert reason(share_rows("defect_escape", FIVE), "defect_escape") is None
    assert reason(share_rows("defect_escape", {"yes": 6, "no": 4}), "defect_escape") == "below_min_n"


# --- sources ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("covers_from", "covers_to", "expected"),
    [
        (datetime(2026, 4, 1), datetime(2026, 7, 1), None),
        (datetime(2026, 4, 1, 0, 0, 1), datetime(2026, 7, 1), "source_not_covering"),
        (datetime(2026, 4, 1), datetime(2026, 6, 30, 23, 59, 59), "source_not_covering"),
        (None, None, "source_not_covering"),
    ],
)
def test_a_source_covers_a_period_from_its_start_to_its_end(
    covers_from: datetime | None, covers_to: datetime | None, expected: str | None
) -> None:
    landed = sources_with(pagerduty__incidents=Source("pagerduty", "incidents", covers_from, covers_to))
    rows = duration_rows("time_to_restore", [HOUR])
    assert reason(rows, "time_to_restore", sources=landed) == expected


def test_within_a_tool_the_objects_cover_what_both_cover() -> None:
    short = Source("github", "deployment_statuses", covers_to=datetime(2026, 5, 31))
    landed = sources_with(github__deployment_statuses=short)
    assert (
        reason(share_rows("change_failure_rate", FIVE), "change_failure_rate", sources=landed)
        == "source_not_covering"
    )


def test_a_month_end_needs_nothing_of_the_month_before_it() -> None:
    rows = share_rows("key_person_concentration", FIVE, date(2026, 6, 30))
    late = datetime(2026, 7, 1)
    landed = sources_with(
        git__commits=Source("git", "commits", covers_from=late),
        git__commit_files=Source("git", "commit_files", covers_from=late),
    )
    assert reason(rows, "key_person_concentration", sources=landed) is None


def test_outcomes_need_any_of_their_sources() -> None:
    rows = share_rows("outcome_linked_work", {"no": 5}, subject_type="issue")
    bare = {"planning__roadmap_items": None, "planning__objectives": None, "hubspot__deals": None}
    assert reason(rows, "outcome_linked_work", sources=sources_with(**bare)) == "source_not_loaded"
    for name in bare:
        assert (
            reason(
                rows,
                "outcome_linked_work",
                sources=sources_with(**{k: v for k, v in bare.items() if k != name}),
            )
            is None
        )
    stopped = bare | {"hubspot__deals": Source("hubspot", "deals", covers_to=datetime(2026, 5, 1))}
    assert reason(rows, "outcome_linked_work", sources=sources_with(**stopped)) == "source_not_covering"


def test_sprints_are_needed_only_where_they_are_loaded() -> None:
    rows = share_rows("delivery_predictability", FIVE)
    assert reason(rows, "delivery_predictability", sources=sources_with(jira__sprints=None)) is None
    stopped = Source("jira", "sprints", covers_to=datetime(2026, 5, 1))
    assert (
        reason(rows, "delivery_predictability", sources=sources_with(jira__sprints=stopped))
        == "source_not_covering"
    )


@pytest.mark.parametrize(("is_sample", "origin"), [(True, "sample"), (False, "own")])
def test_one_sample_load_makes_the_data_a_sample(is_sample: bool, origin: str) -> None:
    landed = sources_with(git__commits=Source("git", "commits", is_sample=is_sample))
    assert {row["data_origin"] for row in Replay([], sources=landed).rows("scorecard_current")} == {origin}
    assert {row["data_origin"] for row in Replay([], sources=[]).rows("scorecard_current")} == {"none"}


# --- targets and status ----------------------------------------------------------------------------------


def status_of(
    rows: list[Observation], kpi: str, target: float | None, **where: Any
) -> tuple[str, str | None]:
    targets = (
        []
        if target is None
        else [Target("t", kpi, "company", "company", "head of delivery", target, date(2026, 1, 1))]
    )
    row = Replay(rows, targets=targets, **where).headline(kpi)
    return row["status"], row["status_reason"]


def test_status_of_a_share() -> None:
    hundred = share_rows("change_failure_rate", {"yes": 20, "no": 80})
    assert status_of(hundred, "change_failure_rate", 0.5) == ("on_target", None)
    assert status_of(hundred, "change_failure_rate", 0.05) == ("off_target", None)
    assert status_of(hundred, "change_failure_rate", 0.2) == ("cannot_tell", "straddles_target")
    higher = share_rows("outcome_linked_work", {"yes": 20, "no": 80}, subject_type="issue")
    assert status_of(higher, "outcome_linked_work", 0.5) == ("off_target", None)
    assert status_of(higher, "outcome_linked_work", 0.05) == ("on_target", None)


def test_an_end_of_the_interval_at_the_target_does_not_straddle() -> None:
    minutes = (30, 45, 60, 120, 240, 1440)
    rows = duration_rows("time_to_restore", (60.0 * value for value in minutes))
    assert status_of(rows, "time_to_restore", 1440) == ("on_target", None)
    assert status_of(rows, "time_to_restore", 30) == ("off_target", None)
    assert status_of(rows, "time_to_restore", 31) == ("cannot_tell", "straddles_target")


def test_a_median_without_interval_tells_nothing() -> None:
    rows = duration_rows("time_to_restore", [60.0] * 5)
    assert status_of(rows, "time_to_restore", 1000) == ("cannot_tell", "no_interval")


def test_a_census_compares_its_value() -> None:
    rows = share_rows("key_person_concentration", {"yes": 2, "no": 3}, date(2026, 6, 30))
    assert status_of(rows, "key_person_concentration", 0.4) == ("on_target", None)
    assert status_of(rows, "key_person_concentration", 0.39) == ("off_target", None)


def test_low_coverage_comes_before_a_stale_source_and_both_before_the_interval() -> None:
    weeks_later = datetime(2026, 7, 20, 9)
    rows = share_rows("rework_ratio", {"yes": 2, "no": 4, "unknown": 3})
    assert status_of(rows, "rework_ratio", 0.9)[1] == "low_coverage"
    # Seven of ten known is enough, and then the interval is the wider one, up to Wilson's end of 30 in 100.
    edge = share_rows("rework_ratio", {"yes": 0, "no": 70, "unknown": 30})
    assert status_of(edge, "rework_ratio", 0.3) == ("cannot_tell", "straddles_target")
    assert status_of(edge, "rework_ratio", 0.5) == ("on_target", None)
    known = share_rows("rework_ratio", {"yes": 0, "no": 90, "unknown": 10})
    assert status_of(known, "rework_ratio", 0.1) == ("on_target", None)
    late = [replace(source, covers_to=weeks_later - timedelta(days=15)) for source in every_source()]
    assert status_of(known, "rework_ratio", 0.1, sources=late, as_of=weeks_later) == (
        "cannot_tell",
        "stale_source",
    )
    in_time = [replace(source, covers_to=weeks_later - timedelta(days=14)) for source in every_source()]
    assert status_of(known, "rework_ratio", 0.1, sources=in_time, as_of=weeks_later) == ("on_target", None)


def test_the_target_is_the_latest_in_force_on_the_last_day() -> None:
    june_end = date(2026, 6, 30)
    targets = [
        Target("old", "rework_ratio", "company", "company", "engineering", 0.1, date(2025, 1, 1)),
        Target("new", "rework_ratio", "company", "company", "engineering", 0.2, june_end),
        Target("next", "rework_ratio", "company", "company", "engineering", 0.3, date(2026, 7, 1)),
        Target("team", "rework_ratio", "team", "red", "red team", 0.4, date(2025, 1, 1)),
        Target("other", "lead_time", "company", "company", "engineering", 9.0, date(2025, 1, 1)),
    ]
    replay = Replay(share_rows("rework_ratio", FIVE, team_id="red"), targets=targets, teams=["blue"])
    june = replay.headline("rework_ratio")
    assert (june["target"], june["target_owner"], june["target_from_on"]) == (0.2, "engineering", june_end)
    assert replay.month("rework_ratio", date(2026, 5, 1))["target"] == 0.1
    assert replay.month("rework_ratio", date(2024, 12, 1))["target"] is None
    assert replay.headline("rework_ratio", "red")["target"] == 0.4
    assert replay.headline("rework_ratio", "blue")["target"] is None


# --- scopes ----------------------------------------------------------------------------------------------


def test_a_row_counts_for_the_company_its_team_and_its_service() -> None:
    rows = [
        *share_rows("rework_ratio", {"yes": 1}, team_id="red", service_id="shop"),
        *share_rows("rework_ratio", {"no": 2}, team_id="blue"),
        *share_rows("rework_ratio", {"no": 1}),
    ]
    replay = Replay(rows, teams=["idle"])
    found = {
        (row["scope_type"], row["scope_id"]): (row["scope_name"], row["n"])
        for row in replay.rows("scorecard", kpi="rework_ratio", is_headline_grain=True, is_latest_period=True)
    }
    assert found == {
        ("company", "company"): ("Company", 4),
        ("team", "red"): ("red", 1),
        ("team", "blue"): ("blue", 2),
        ("team", "idle"): ("idle", 0),
        ("team", "no_team"): ("no team", 1),
        ("service", "shop"): ("shop", 1),
        ("service", "no_service"): ("no service", 3),
    }
    others = replay.rows("scorecard", kpi="lead_time", scope_id="no_team")
    assert others == []


def test_two_measures_of_predictability_are_never_pooled() -> None:
    kpi = "delivery_predictability"
    rows = [
        *share_rows(kpi, {"yes": 3, "no": 1}, team_id="sprinting", method="sprint"),
        *share_rows(kpi, {"yes": 1, "no": 9}, team_id="flowing", method="service_level"),
        *share_rows(kpi, {"yes": 5}, date(2026, 4, 5), team_id="flowing", method="sprint"),
    ]
    replay = Replay(rows)
    assert (replay.headline(kpi)["n"], replay.headline(kpi)["measured_by"]) == (9, None)
    flowing = replay.headline(kpi, "flowing")
    assert (flowing["n"], flowing["measured_by"]) == (10, "service_level")
    assert flowing["sentence"].startswith("10.0 % of issues finished within the service level of their team")
    assert replay.headline(kpi, "sprinting")["value"] == pytest.approx(3 / 4)
    alone = Replay([row for row in rows if row.team_id == "flowing"])
    assert (alone.headline(kpi)["n"], alone.headline(kpi)["measured_by"]) == (10, "service_level")


def test_a_quarter_without_baseline_adds_nothing_and_is_named() -> None:
    rows = [
        *share_rows("roadmap_accuracy", {"yes": 3, "no": 1}, date(2026, 3, 31)),
        *share_rows("roadmap_accuracy", {"yes": 1}, date(2025, 8, 1)),
        *share_rows(
            "roadmap_accuracy",
            {"yes": 8},
            date(2025, 12, 31),
            is_counted=False,
            excluded_because="no_baseline",
        ),
        *share_rows(
            "roadmap_accuracy",
            {"yes": 2},
            date(2026, 6, 30),
            is_counted=False,
            excluded_because="aspirational",
        ),
    ]
    replay = Replay(rows)
    year = replay.headline("roadmap_accuracy")
    assert (year["numerator"], year["n"], year["missing_quarters"]) == (4, 5, "2025-Q4")
    assert " Quarters without a baseline: 2025-Q4." in year["sentence"]
    reasons = {
        row["period_start_on"]: row["null_reason"]
        for row in replay.rows(
            "scorecard", kpi="roadmap_accuracy", period_grain="quarter", scope_type="company"
        )
    }
    assert reasons[date(2025, 10, 1)] == "no_baseline"
    assert reasons[date(2026, 4, 1)] == "no_events"
    assert reasons[date(2026, 1, 1)] is None


# --- restatement and sentences ---------------------------------------------------------------------------


def test_the_number_first_published_is_kept() -> None:
    def published(name: str, on: datetime, value: float, version: int, start: date = JUNE) -> Publication:
        return Publication(name, on, "rework_ratio", "month", start, "company", "company", value, 6, version)

    publications = [
        published("second", datetime(2026, 7, 3), 0.5, 2),
        published("first", datetime(2026, 7, 2), 0.4, 1),
        published("other", datetime(2026, 6, 2), 0.9, 1, date(2026, 5, 1)),
    ]
    replay = Replay(share_rows("rework_ratio", FIVE), publications=publications)
    june = replay.month("rework_ratio", JUNE)
    assert june["first_published_value"] == 0.4
    assert june["first_published_at"] == datetime(2026, 7, 2)
    assert june["first_published_definition_version"] == 1
    assert replay.headline("rework_ratio")["first_published_value"] is None


def sentence(rows: list[Observation], kpi: str) -> str:
    return str(Replay(rows).headline(kpi)["sentence"])


def test_sentences_say_one_and_many_right() -> None:
    assert sentence(duration_rows("cycle_time", [86400.0]), "cycle_time").startswith(
        "Half of finished issues took 1 day or less (too few for a plausible range; 1 issue)."
    )
    assert sentence(duration_rows("cycle_time", [86400.0 * 1.25] * 2), "cycle_time").startswith(
        "Half of finished issues took 1.3 days or less (too few for a plausible range; 2 issues)."
    )
    assert sentence(share_rows("rework_ratio", {"yes": 1}), "rework_ratio").startswith(
        f"100.0 % of merged changes redid earlier work (plausibly 20.7{TO}100.0 %; 1 of 1 change)."
    )


def test_below_seventy_percent_coverage_the_bounds_speak() -> None:
    assert sentence(share_rows("rework_ratio", {"yes": 1, "no": 1, "unknown": 2}), "rework_ratio") == (
        "Between 25.0 % and 75.0 % of merged changes redid earlier work"
        " (only 50.0 % could be judged; 1 of 2 changes, 2 unknown)."
    )
    rows = [*duration_rows("cycle_time", [86400.0]), *share_rows("cycle_time", {"unknown": 1})]
    assert sentence(rows, "cycle_time") == (
        "No number is shown, because only 50.0 % could be measured (1 issue, 1 unknown)."
    )


def test_every_row_has_a_sentence_without_an_open_place() -> None:
    rows: list[Row] = Replay(share_rows("rework_ratio", FIVE, team_id="red")).rows("scorecard")
    assert all(row["sentence"] and "{" not in row["sentence"] and "  " not in row["sentence"] for row in rows)
