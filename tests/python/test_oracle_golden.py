"""The golden examples of the definitions, and rules that no example shows, through the oracle.

Rows come from raw-like exports wherever an example can be told as one.
"""

import ast
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import sqrt
from pathlib import Path

import pytest
from oracle import raw
from oracle.changes import issue_keys, keys_in, says_reland
from oracle.dictionaries import Dictionaries, Marker
from oracle.exports import read_company
from oracle.kpis import delivery_predictability, key_person_concentration
from oracle.periods import Period, complete_months, complete_quarters, headline_months
from oracle.raw import ExportFolder, at
from oracle.reckon import reckon
from oracle.row import Row
from oracle.scorecard import (
    COMPANY,
    KPIS,
    Line,
    Scope,
    at_risk,
    line,
    open_rows,
    page,
    periods_of,
    rows_of,
    scopes,
)
from oracle.settings import Settings
from oracle.statistics import (
    AtRisk,
    ChartPoint,
    kaplan_meier_median,
    median_interval,
    median_rank,
    null_reason,
    percentile_cont,
    process_chart,
    status_of,
    summarise_outcome_share,
    summarise_share,
    wilson_interval,
    xmr_limits,
)
from oracle.world import World

EXACT = 1e-9
Z = 1.959964
MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path) -> MakeWorld:
    """Return a maker of worlds from export folders."""
    count = 0

    def make(
        folder: ExportFolder, as_of: str, dictionaries: Dictionaries | None = None, **settings: object
    ) -> World:
        nonlocal count
        count += 1
        company = read_company(folder.write(tmp_path / f"exports{count}"), tmp_path / f"git{count}")
        chosen = Settings(at(as_of), folder.reporting_timezone)
        chosen = replace(chosen, **settings)
        return World(company, Dictionaries(bots={"noreply@assistant.example"}), chosen)

    return make


def month(world: World, label: str) -> Period:
    """Return a complete month."""
    return next(period for period in complete_months(world, 36) if period.label == label)


def verdicts(world: World, kpi: str) -> dict[str, str | None]:
    """Return what became of each row: its verdict, or why it was left out."""
    return {row.subject_id: row.excluded_because or row.verdict for row in rows_of(world, kpi)}


def assert_close(actual: float | None, expected: float) -> None:
    assert actual is not None
    assert abs(actual - expected) <= EXACT, f"{actual} is not {expected}"


def assert_is_wilson(interval: tuple[float, float] | None, hits: int, n: int) -> None:
    """Each end of a Wilson interval p solves (p - hits/n)^2 = z^2 p (1 - p) / n."""
    assert interval is not None
    for end in interval:
        assert abs((end - hits / n) ** 2 - Z**2 * end * (1 - end) / n) <= EXACT
    assert interval[0] < hits / n < interval[1]


def percent(interval: tuple[float, float] | None) -> list[float]:
    """Return an interval as it is printed in the definitions."""
    assert interval is not None
    return [round(100 * end, 1) for end in interval]


def person_sheet(folder: ExportFolder, *people: str, team: str | None = None) -> None:
    """Add people with one login, address and Jira account each."""
    for person in people:
        folder.add_sheet("people", {"person_id": person, "name": person, "email": f"{person}@acme.example"})
        for tool in ("github", "jira"):
            folder.add_sheet("identities", {"person_id": person, "tool": tool, "identifier": person})
        if team:
            membership = {"person_id": person, "team_id": team, "from_on": "2020-01-01", "to_on": ""}
            folder.add_sheet("team_memberships", membership)
            folder.add_sheet("teams", {"team_id": membership["team_id"]})


def service_sheet(folder: ExportFolder, incident_service: str = "Shop") -> None:
    """Add the one service of the examples."""
    folder.add_sheet(
        "services",
        {
            "service_id": "shop",
            "name": "Shop",
            "team_id": "red",
            "repository": raw.REPOSITORY,
            "path_prefix": "",
            "deployment_environment": "",
            "incident_service": incident_service,
        },
    )


# ---------------------------------------------------------------------------------------------
# statistics


def test_percentile_cont_interpolates() -> None:
    hours = [6, 20, 30, 50, 100, 240]
    assert_close(percentile_cont(hours, 0.5), 40)
    assert_close(percentile_cont(hours, 0.85), 135)
    assert percentile_cont([], 0.5) is None
    assert_close(percentile_cont([7], 0.85), 7)


def test_median_rank_is_exact_to_a_thousand_and_a_formula_beyond() -> None:
    assert median_rank(5) is None
    assert [median_rank(n) for n in (6, 8, 9, 20, 100)] == [1, 1, 2, 6, 40]
    assert median_rank(1001) == int((1002 - Z * sqrt(1001)) // 2)
    assert median_interval([3, 1, 2, 4, 10, 8]) == (1, 10)
    assert median_interval([1, 2, 3, 4, 5]) is None


@pytest.mark.parametrize(
    ("hits", "n", "printed"),
    [
        (4, 7, [25.0, 84.2]),
        (3, 8, [13.7, 69.4]),
        (2, 6, [9.7, 70.0]),
        (2, 5, [11.8, 76.9]),
        (4, 8, [21.5, 78.5]),
    ],
)
def test_wilson(hits: int, n: int, printed: list[float]) -> None:
    assert_is_wilson(wilson_interval(hits, n), hits, n)
    assert percent(wilson_interval(hits, n)) == printed


def test_wilson_at_the_edges() -> None:
    none, every = wilson_interval(0, 10), wilson_interval(10, 10)
    assert none is not None and every is not None
    assert_close(none[0], 0)
    assert_close(none[1], Z**2 / (10 + Z**2))
    assert_close(every[0], 10 / (10 + Z**2))
    assert_close(every[1], 1)
    assert wilson_interval(0, 0) is None


def test_bounds_and_coverage() -> None:
    share = summarise_share(2, 3, 1)
    assert (share.value, share.n, share.bounds, share.coverage) == (0.4, 5, (2 / 6, 3 / 6), 5 / 6)
    outcome = summarise_outcome_share(4, 7, 1)
    assert (outcome.value, outcome.bounds, outcome.coverage) == (0.5, (0.5, 0.625), 7 / 8)
    nothing = summarise_share(0, 0, 3)
    assert (nothing.value, nothing.interval, nothing.bounds, nothing.coverage) == (None, None, (0, 1), 0)


def finished(*ages: float, entry: float = 0) -> list[AtRisk]:
    return [AtRisk(entry, age, True) for age in ages]


def test_kaplan_meier_of_the_examples() -> None:
    assert kaplan_meier_median([*finished(6, 20, 30, 50, 100, 240), AtRisk(0, 60, False)]).median == 50
    assert kaplan_meier_median([*finished(1, 2, 3, 4, 8, 10), AtRisk(0, 5, False)]).median == 4
    minutes = finished(30, 45, 60, 120, 240, 1440)
    assert kaplan_meier_median([*minutes, AtRisk(0, 1560, False)]).median == 120


def test_kaplan_meier_at_one_half_takes_the_mean_with_the_next_finish() -> None:
    assert kaplan_meier_median(finished(1, 2, 3, 4, 8, 10)).median == 3.5


def test_kaplan_meier_with_delayed_entry() -> None:
    five = [*finished(2, 3, 6, 7, 8), AtRisk(2.5, 9, True), AtRisk(2.5, 9, True)]
    # S: 4/5, then 6 at risk at 3: 4/5 * 5/6 = 2/3, 5 at risk at 6: 2/3 * 4/5 = 8/15, 4 at 7: 2/5.
    assert kaplan_meier_median(five).median == 7


def test_kaplan_meier_at_one_age_entries_precede_finishes_and_finishes_precede_censorings() -> None:
    entering = [*finished(5, 5, 5, 9, 9, 9), AtRisk(5, 9, False), AtRisk(5, 9, False)]
    # Eight at risk at 5: 5/8; five at 9: 5/8 * 2/5.
    assert kaplan_meier_median(entering).median == 9
    leaving = [*finished(5, 5, 9, 9), AtRisk(0, 5, False), AtRisk(0, 5, False)]
    # Six at risk at 5: 4/6, not the 2/4 that would make the median 7.
    assert kaplan_meier_median(leaving).median == 9
    assert kaplan_meier_median([*finished(5), *[AtRisk(0, 9, False)] * 4]).null_reason == "not_reached"


def test_kaplan_meier_withholds_a_thin_risk_set() -> None:
    # Four are at risk at 3, and two enter after it.
    four = [*finished(1, 2, 3, 6, 7, 8), AtRisk(4, 9, True), AtRisk(4, 9, True)]
    assert kaplan_meier_median(four).null_reason == "thin_risk_set"
    assert kaplan_meier_median(four[:6]).median == (3 + 6) / 2
    early = finished(1, 2)
    later = [AtRisk(3, 20 + age, True) for age in range(8)]
    assert kaplan_meier_median([*early, *later]).null_reason == "thin_risk_set"
    assert kaplan_meier_median(early).median == 1.5


def test_xmr_limits_of_the_example() -> None:
    values = [40, 44, 38, 46, 42, 40, 43, 39, 41, 45]
    middle, lower, upper = xmr_limits(values)
    assert_close(middle, 41.8)
    # The moving ranges sum to 37 over 9: 2.66 * 37 / 9 = 10.9355…
    assert_close(lower, 41.8 - 2.66 * 37 / 9)
    assert_close(upper, 41.8 + 2.66 * 37 / 9)
    assert (round(lower or 0, 2), round(upper or 0, 2)) == (30.86, 52.74)
    chart = process_chart(points(values), "duration")
    assert (chart.is_drawn, chart.is_judged, chart.silent_because) == (True, False, "too_few_points")


def points(values: Sequence[float | None], n: int = 30) -> list[ChartPoint]:
    return [ChartPoint(str(index), value, n) for index, value in enumerate(values)]


def test_a_point_outside_the_limits_is_real_and_now_only_if_it_is_the_last() -> None:
    calm = [10.0, 11.0] * 8
    chart = process_chart(points([*calm, 30.0]), "duration")
    assert chart.now is not None and (chart.now.rule, chart.now.direction) == ("outside_limits", "up")
    past = process_chart(points([*calm, 30.0, 10.0, 11.0]), "duration")
    assert past.is_real and past.now is None


def test_eight_on_one_side() -> None:
    values = [10.0, 9.0, 10.0, 9.0, 10.0, 9.0, 10.0, 9.0, *[11.0, 12.0] * 4]
    rules = {
        (change.rule, change.direction, change.is_now)
        for change in process_chart(points(values), "share").changes
    }
    assert ("eight_on_one_side", "up", True) in rules
    assert ("eight_on_one_side", "down", False) in rules


def test_three_of_four_near_one_limit() -> None:
    values = [5.0, 15.0, 5.0, 15.0, 10.0, 5.0, 15.0, 5.0, 10.0, 5.0, 5.0, 25.0, 10.0, 24.0, 24.0]
    chart = process_chart(points(values), "duration")
    assert "three_of_four_near_limit" in {change.rule for change in chart.changes if change.is_now}


def test_no_signal_without_variation_volume_or_for_a_census() -> None:
    assert process_chart(points([5.0] * 12), "share").silent_because == "no_variation"
    jump = [*[1.0, 2.0] * 6, 90.0]
    assert process_chart(points(jump, n=19), "share").silent_because == "small_n"
    assert process_chart(points(jump, n=10), "duration").is_real
    assert process_chart(points(jump), "census").silent_because == "drifting_stock"
    skipped = process_chart(points([None, *[1.0, None] * 12]), "share")
    assert skipped.points == 12


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((None, 0.5, "higher", "share", 1.0, None), "no_data"),
        ((0.6, None, "higher", "share", 1.0, (0.5, 0.7)), "no_target"),
        ((0.6, 0.5, "higher", "share", 0.69, (0.55, 0.7)), "cannot_tell"),
        ((0.6, 0.5, "higher", "share", 0.95, (0.4, 0.7)), "cannot_tell"),
        ((0.6, 0.5, "higher", "share", 0.95, (0.5, 0.7)), "on_target"),
        ((0.6, 0.5, "lower", "share", 0.95, (0.5, 0.7)), "off_target"),
        ((40.0, 50.0, "lower", "duration", 1.0, None), "cannot_tell"),
        ((50.0, 50.0, "lower", "duration", 1.0, (50.0, 50.0)), "on_target"),
        ((0.6, 0.6, "lower", "census", 1.0, None), "on_target"),
    ],
)
def test_status_is_the_first_that_holds(arguments: tuple, expected: str) -> None:
    assert status_of(*arguments).status == expected


def test_below_ninety_percent_coverage_the_wider_interval_is_tested() -> None:
    share = summarise_share(60, 25, 15)
    assert share.interval is not None and share.interval[0] > 0.59
    told = status_of(
        share.value, 0.55, "higher", "share", share.coverage, share.interval, share.cautious_interval
    )
    assert told.reason == "interval_straddles_target"


def test_null_reasons_keep_their_order() -> None:
    assert (
        null_reason(none_finished=True, all_unknown=True, source_not_covering=True) == "source_not_covering"
    )
    assert null_reason() == "no_events"
    with pytest.raises(ValueError, match="is no null reason"):
        null_reason(bored=True)


# ---------------------------------------------------------------------------------------------
# 1 lead time

LEAD_HOURS = [6, 20, 30, 50, 100, 240]


def lead_time_exports(with_git: bool, tmp_path: Path) -> ExportFolder:
    """An earlier deployment, six changes, a bot's change, and one that waits 60 h after its start."""
    folder = ExportFolder(covers_from=at("2025-11-01"), covers_to=at("2026-02-03"))
    person_sheet(folder, "ann", team="red")
    service_sheet(folder)
    history = raw.History()
    before = history.commit("Ann", at("2025-12-01"), {"a.py": "0"})
    finishes = [at("2026-01-12 08:00") + timedelta(days=2 * index) for index in range(6)]
    marks = []
    for index, finish in enumerate(finishes):
        marks.append(history.commit("Ann", finish - timedelta(hours=1), {"a.py": f"{index + 1}"}))
    by_bot = history.commit("Ann", at("2026-01-23"), {"a.py": "bot"})
    waiting = history.commit("Ann", at("2026-01-30"), {"a.py": "waiting"})
    shas = raw.shas_of(history.text, tmp_path / "scratch")
    if with_git:
        folder.bundles[raw.REPOSITORY] = history.text
    raw.deployment(folder, 1, shas[before], at("2025-12-01 09:00"), at("2025-12-01 10:00"))
    for index, (finish, hours, mark) in enumerate(zip(finishes, LEAD_HOURS, marks, strict=True)):
        start = finish - timedelta(hours=hours)
        merged = finish - timedelta(hours=1)
        number = index + 10
        folder.add(
            "github/pull_requests", raw.pull_request(number, start + timedelta(hours=2), merged, shas[mark])
        )
        folder.add("github/pull_request_commits", raw.pull_request_commit(number, f"{number:040x}", start))
        folder.add("github/reviews", raw.review(number, "bob", start + timedelta(hours=3)))
        raw.deployment(folder, number, shas[mark], finish - timedelta(minutes=30), finish)
    merged = at("2026-01-23")
    folder.add(
        "github/pull_requests",
        raw.pull_request(30, at("2026-01-22"), merged, shas[by_bot], author="bump[bot]", author_kind="Bot"),
        raw.pull_request(31, at("2026-01-29 12:00"), at("2026-01-30"), shas[waiting]),
    )
    raw.deployment(folder, 30, shas[by_bot], merged, merged + timedelta(hours=1))
    return folder


@pytest.mark.parametrize("with_git", [True, False])
def test_lead_time_golden(make_world: MakeWorld, tmp_path: Path, with_git: bool) -> None:
    world = make_world(lead_time_exports(with_git, tmp_path), "2026-02-03")
    january = line(world, "lead_time", month(world, "2026-01"))
    assert january.n == 6
    assert_close(january.value, 40)
    assert_close(january.p85, 135)
    assert january.interval is not None
    assert_close(january.interval[0], 6)
    assert_close(january.interval[1], 240)
    assert january.open_count == 1
    assert_close(january.oldest_open_age, 60)
    assert january.survival is not None
    assert_close(january.survival.median, 50)
    assert january.coverage == 1
    assert january.exclusions == {"bot": 1}
    assert {row.is_inferred for row in rows_of(world, "lead_time") if row.duration_seconds} == {not with_git}
    assert line(world, "lead_time", month(world, "2026-01"), Scope("team", "red")).n == 6
    assert line(world, "lead_time", month(world, "2026-01"), Scope("service", "shop")).n == 6


def test_lead_time_stages_sum_to_it(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world(lead_time_exports(True, tmp_path), "2026-02-03")
    measured = [row for row in rows_of(world, "lead_time") if row.duration_seconds]
    for row in measured:
        assert sum(row.details["stages"].values()) == row.duration_seconds
    stages = {name: seconds / 3600 for name, seconds in measured[1].details["stages"].items()}
    assert stages == {"coding": 2, "pickup": 1, "review": 16, "deploy": 1}


def test_a_change_merged_before_the_first_known_deployment_is_unknown(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    folder = lead_time_exports(True, tmp_path)
    folder.objects["github/deployments"].pop(0)
    folder.objects["github/deployment_statuses"].pop(0)
    first, second = folder.objects["github/pull_requests"][:2]
    first["merge_commit_sha"], second["merged_at"] = "f" * 40, "2026-01-09T00:00:00Z"
    world = make_world(folder, "2026-02-03")
    judged = verdicts(world, "lead_time")
    assert judged[f"{raw.REPOSITORY}#10"] == "unknown"
    assert judged[f"{raw.REPOSITORY}#11"] == "unknown"
    january = line(world, "lead_time", month(world, "2026-01"))
    assert (january.n, january.unknown, january.coverage) == (4, 2, 4 / 6)


def test_left_out_changes_keep_their_reason(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    service_sheet(folder)
    merged = at("2026-01-10")
    opened = at("2026-01-09")
    folder.add(
        "github/pull_requests",
        raw.pull_request(1, opened, merged, "1" * 40),
        raw.pull_request(2, opened),
        raw.pull_request(3, opened, merged, "3" * 40, base="feature"),
        raw.pull_request(4, opened, merged, "4" * 40, branch="develop"),
        raw.pull_request(5, opened, merged, "5" * 40, title='Revert "x"', body="Reverts #1"),
        raw.pull_request(6, opened, merged, "6" * 40, title='Reapply "x"', body="Reverts #5"),
        raw.pull_request(7, opened, merged, "7" * 40, title="Back out and fix", body="Reverts #1"),
    )
    folder.add(
        "github/pull_request_commits",
        raw.pull_request_commit(7, "a" * 40, opened, 'Revert "x"\n\nThis reverts commit ' + "1" * 40),
        raw.pull_request_commit(7, "b" * 40, opened, "and fix it"),
    )
    world = make_world(folder, "2026-02-03")
    assert verdicts(world, "lead_time") == {
        f"{raw.REPOSITORY}#1": "not_deployable",
        f"{raw.REPOSITORY}#3": "not_default_branch",
        f"{raw.REPOSITORY}#4": "long_lived_branches",
        f"{raw.REPOSITORY}#5": "pure_revert",
        f"{raw.REPOSITORY}#6": "not_deployable",
        f"{raw.REPOSITORY}#7": "not_deployable",
    }


def test_re_lands() -> None:
    assert says_reland('Reapply "x"') and says_reland('Revert "Revert "x""')
    assert not says_reland('Revert "x"') and not says_reland("Reverting nothing")


# ---------------------------------------------------------------------------------------------
# 2 delivery predictability

START, CLOSE = at("2026-03-02 09:00"), at("2026-03-13 15:00")


def sprint_exports() -> ExportFolder:
    """A to H and a sub-task, as the golden example tells them."""
    folder = ExportFolder(covers_from=at("2025-01-01"), covers_to=at("2026-06-02"))
    folder.add("jira/workflow_statuses", *raw.statuses())
    folder.add(
        "jira/sprints",
        {
            "id": 7,
            "name": "Sprint 7",
            "state": "closed",
            "activatedDate": raw.iso(START),
            "startDate": "2026-03-01T09:00:00Z",
            "endDate": "2026-03-20T09:00:00Z",
            "completeDate": raw.iso(CLOSE),
        },
    )
    created, done = at("2026-02-20"), [(at("2026-03-05"), "In Progress"), (at("2026-03-10"), "Done")]
    held = {"sprints": ["7"]}
    for key in ("SH-1", "SH-2", "SH-6", "SH-7"):
        folder.add("jira/issues", raw.issue(key, created, done, **held))
    reopened = [*done, (at("2026-03-12"), "In Progress"), (at("2026-03-20"), "Done")]
    folder.add(
        "jira/issues",
        raw.issue("SH-3", created, reopened, **held),
        raw.issue("SH-4", created, done, sprint_moves=[(at("2026-03-06"), "7", "")]),
        raw.issue("SH-5", created, [(at("2026-03-09"), "Done")], resolution="Won't Do", **held),
        raw.issue("SH-8", created, done, sprint_moves=[(at("2026-03-04"), "", "7")], **held),
        raw.issue("SH-9", created, done, type_name="Sub-task", **held),
    )
    return folder


def test_delivery_predictability_golden(make_world: MakeWorld) -> None:
    # The headline is April to June, so March lies in the ninety days before it.
    world = make_world(sprint_exports(), "2026-07-02")
    march = line(world, "delivery_predictability", month(world, "2026-03"))
    assert (march.numerator, march.denominator) == (4, 7)
    assert_close(march.value, 4 / 7)
    assert_is_wilson(march.interval, 4, 7)
    assert percent(march.interval) == [25.0, 84.2]
    assert (march.beside["unplanned"], march.beside["done"]) == (1, 5)
    judged = {row.details["issue_key"]: row for row in delivery_predictability.sprint_rows(world)}
    misses = {key: row.details.get("missed_because") for key, row in judged.items() if row.verdict == "no"}
    assert misses == {"SH-3": "reopened", "SH-4": "removed", "SH-5": "cancelled"}
    assert judged["SH-8"].excluded_because == "added_after_start"
    assert judged["SH-9"].excluded_because == "subtask"


def test_what_happens_at_the_start_or_the_close_counts_as_before_it(make_world: MakeWorld) -> None:
    folder = sprint_exports()
    folder.objects["jira/issues"] = [
        raw.issue("SH-1", at("2026-02-20"), [(CLOSE, "Done")], sprints=["7"]),
        raw.issue("SH-2", at("2026-02-20"), sprints=["7"], sprint_moves=[(START, "", "7")]),
        raw.issue("SH-3", at("2026-02-20"), [(START, "Done")], sprints=["7"]),
    ]
    world = make_world(folder, "2026-07-02")
    assert verdicts(world, "delivery_predictability") == {
        "7:SH-1": "yes",
        "7:SH-2": "no",
        "7:SH-3": "done_before_start",
    }


def test_a_team_without_sprints_is_measured_by_service_level(make_world: MakeWorld) -> None:
    folder = ExportFolder(covers_from=at("2025-01-01"), covers_to=at("2026-04-02"))
    folder.add("jira/workflow_statuses", *raw.statuses())
    start = at("2025-11-01")
    for days in range(1, 11):
        moves = [(start, "In Progress"), (start + timedelta(days=days), "Done")]
        folder.add("jira/issues", raw.issue(f"SH-{days}", start, moves))
    # The ten cycle times 1…10 days give the threshold 8.65 days.
    begun = at("2026-02-01")
    for number, days in ((20, 8), (21, 9), (22, None)):
        moves = [(begun, "In Progress")]
        if days is not None:
            moves.append((begun + timedelta(days=days), "Done"))
        folder.add("jira/issues", raw.issue(f"SH-{number}", begun, moves))
    world = make_world(folder, "2026-04-02")
    february = line(world, "delivery_predictability", month(world, "2026-02"))
    assert (february.numerator, february.denominator) == (1, 3)
    late = next(
        row for row in rows_of(world, "delivery_predictability") if row.details["issue_key"] == "SH-22"
    )
    assert late.occurred_at == begun + timedelta(days=8.65)


# ---------------------------------------------------------------------------------------------
# 3 cycle time


def cycle_time_exports() -> ExportFolder:
    """Six finished, one cancelled, one open for five days, one straight to done."""
    folder = ExportFolder(covers_from=at("2025-01-01"), covers_to=at("2026-05-02"))
    folder.add("jira/workflow_statuses", *raw.statuses())
    start = at("2026-04-05")
    for number, days in enumerate((1, 2, 3, 4, 8, 10), start=1):
        moves = [(start, "In Progress"), (start + timedelta(days=days), "Done")]
        folder.add("jira/issues", raw.issue(f"SH-{number}", at("2026-04-01"), moves, resolution="Done"))
    cancelled = [(start, "In Progress"), (at("2026-04-20"), "Done")]
    folder.add(
        "jira/issues",
        raw.issue("SH-7", at("2026-04-01"), cancelled, resolution="Won't Do"),
        raw.issue("SH-8", at("2026-04-01"), [(at("2026-04-26"), "In Progress")]),
        raw.issue("SH-9", at("2026-04-01"), [(at("2026-04-20"), "Done")], resolution="Done"),
    )
    return folder


def test_cycle_time_golden(make_world: MakeWorld) -> None:
    world = make_world(cycle_time_exports(), "2026-05-02")
    april = line(world, "cycle_time", month(world, "2026-04"))
    assert april.n == 6
    assert_close(april.value, 3.5)
    assert_close(april.p85, 8.5)
    assert april.interval == (1, 10)
    assert april.open_count == 1
    assert_close(april.oldest_open_age, 5)
    assert april.survival is not None
    assert_close(april.survival.median, 4)
    assert_close(april.coverage, 6 / 7)
    assert april.exclusions == {"wont_do": 1}


def test_who_is_at_risk_in_a_period_and_from_which_age(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    folder.add("jira/workflow_statuses", *raw.statuses())
    spans = {"SH-1": ("03-22", "04-05"), "SH-2": ("04-02", "05-04"), "SH-3": ("03-01", "03-20")}
    for key, (begun, ended) in spans.items():
        moves = [(at(f"2026-{begun}"), "In Progress"), (at(f"2026-{ended}"), "Done")]
        folder.add("jira/issues", raw.issue(key, at("2026-02-01"), moves))
    world = make_world(folder, "2026-06-01")
    found = at_risk(rows_of(world, "cycle_time"), month(world, "2026-04"), 86400)
    assert sorted((item.entry, item.exit, item.finished) for item in found) == [
        (0, 29, False),
        (10, 14, True),
    ]


def test_how_an_issue_starts_and_finishes(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    folder.add("jira/workflow_statuses", *raw.statuses())
    day = {number: at(f"2026-04-{number:02d}") for number in range(1, 29)}
    once = [(day[2], "In Progress"), (day[3], "Done")]
    folder.add(
        "jira/issues",
        raw.issue("SH-1", day[1], [(day[4], "Done")], first_status="In Progress"),
        raw.issue(
            "SH-2",
            day[1],
            [(day[2], "In Progress"), (day[3], "Done"), (day[5], "In Progress"), (day[9], "Done")],
        ),
        raw.issue("SH-3", day[1], [*once, (day[5], "To Do")]),
        raw.issue("SH-4", day[1], [(day[2], "In Progress"), (day[6], "Done"), (day[8], "Done")]),
        raw.issue("SH-5", day[1], [(day[2], "In Progress"), (day[6], "Done")], total=5),
        raw.issue("SH-6", day[1], [(day[2], "In Progress"), (day[6], "Done")], type_name="Epic"),
    )
    world = make_world(folder, "2026-05-02")
    rows = {row.subject_id: row for row in rows_of(world, "cycle_time")}
    days = {key: row.duration_seconds and row.duration_seconds / 86400 for key, row in rows.items()}
    assert days == {"SH-1": 3, "SH-2": 7, "SH-3": None, "SH-4": 4, "SH-5": None, "SH-6": None}
    assert (rows["SH-5"].verdict, rows["SH-6"].excluded_because) == ("unknown", "epic")
    # What ends at the very end of a period has not ended before it.
    assert open_rows(list(rows.values()), day[4]) == [rows["SH-1"], rows["SH-2"], rows["SH-4"]]
    assert open_rows(list(rows.values()), day[5]) == [rows["SH-2"], rows["SH-4"]]


# ---------------------------------------------------------------------------------------------
# 4 key-person concentration


def concentration_history() -> raw.History:
    """The six files of the golden example: who created each, and who changed it after."""
    history = raw.History()
    day = at("2026-01-05")
    plan = [
        ("f1", "Ann", "Ann Ann Ann"),
        ("f2", "Ann", "Bob"),
        ("f3", "Bob", "Bob Bob"),
        ("f4", "Ann", "Cid Cid Cid Cid"),
        ("f5", "Ann", ""),
        ("f6", "Cid", "Cid"),
    ]
    for name, creator, followers in plan:
        for number, author in enumerate([creator, *followers.split()]):
            day += timedelta(hours=12)
            history.commit(author, day, {f"{name}.py": f"{name} {number}\n" * 5})
    return history


def test_key_person_concentration_golden(make_world: MakeWorld) -> None:
    folder = ExportFolder(covers_from=at("2026-01-01"), covers_to=at("2026-07-01"))
    history = concentration_history()
    for person in ("Bob", "Cid"):
        history.commit(person, at("2026-04-20"), {"README.md": person})
    folder.bundles[raw.REPOSITORY] = history.text
    world = make_world(folder, "2026-06-01")
    january = line(world, "key_person_concentration", month(world, "2026-01"))
    assert (january.numerator, january.denominator, january.interval) == (4, 6, None)
    assert_close(january.value, 4 / 6)
    assert january.beside["truck_factor"] == 2
    assert january.beside["absence_factor"] == 2
    rows = key_person_concentration.month_rows(world, month(world, "2026-01"))
    authors = {
        row.details["path"]: [name.split(":")[1][:3] for name in row.details["authors"]] for row in rows
    }
    assert authors["f2.py"] == ["ann", "bob"] and authors["f4.py"] == ["ann", "cid"]
    # Ann's last commit is over ninety days old by the end of April.
    april = line(world, "key_person_concentration", complete_months(world, 2, "month_end")[0])
    assert (april.numerator, april.denominator) == (6, 6)
    assert april.beside["files_without_current_author"] == 2
    assert not april.exclusions


def test_degree_of_authorship_of_the_example() -> None:
    day = at("2026-01-05")
    touches = [
        key_person_concentration.Touch(day, frozenset({"ann"}), True),
        key_person_concentration.Touch(day, frozenset({"bob"}), False),
    ]
    degrees = key_person_concentration.degrees_of_authorship(touches)
    assert_close(degrees["ann"], 3.293 + 1.098 - 0.321 * 0.6931471805599453)
    assert round(degrees["bob"] / degrees["ann"], 3) == 0.829


def test_absence_and_truck_factors() -> None:
    assert key_person_concentration.absence_factor([1000, 202, 90, 33, 332, 343, 42, 433]) == 2
    assert key_person_concentration.absence_factor([7, 6, 4]) == 2
    authors = [{"ann"}, {"ann", "bob"}, {"bob"}, {"ann", "cid"}, {"ann"}, {"cid"}]
    assert key_person_concentration.truck_factor(authors, {"ann": 7, "cid": 6, "bob": 4}) == 2


def live_authors(world: World, until: str) -> dict[str, set[str]]:
    """Return the authors of every live source file, by path."""
    files = key_person_concentration.live_files(world, at(until))
    return {
        file.path: {name.split(":")[1][:3] for name in file.authors()}
        for file in files
        if not file.excluded_because
    }


def test_histories_go_on_through_renames_deletions_and_branches(make_world: MakeWorld) -> None:
    history = raw.History()
    body = "line\n" * 40
    first = history.commit(
        "Ann", at("2026-01-02"), {"old.py": body, "gone.py": body + "gone", "kept.py": "kept\n"}
    )
    history.commit("Ann", at("2026-01-03"), {"gone.py": None}, start_from=first)
    renamed = history.commit("Ann", at("2026-01-04"), renames={"old.py": "new.py"})
    branched = history.commit(
        "Bob", at("2026-01-05"), {"old.py": body + "bob\n"}, branch="side", start_from=first
    )
    merged = history.commit(
        "Ann",
        at("2026-01-06"),
        {"new.py": body + "bob\n"},
        start_from=renamed,
        merge=branched,
        message="Merge",
    )
    history.commit("Cid", at("2026-01-07"), {"gone.py": body + "again"}, start_from=merged)
    history.commit("Cid", at("2026-01-08"), {"old.py": "another file\n"})
    folder = ExportFolder(bundles={raw.REPOSITORY: history.text})
    world = make_world(folder, "2026-03-01")
    company_history = world.company.histories[raw.REPOSITORY]
    touches = key_person_concentration.file_touches(world, company_history, company_history.line[-1])
    people = {
        path: [sorted(touch.people)[0].split(":")[1][:3] for touch in told.touches]
        for path, told in touches.items()
    }
    started = {path: (told.origin or "").split(" ")[1] for path, told in touches.items()}
    assert started == {"gone.py": "gone.py", "kept.py": "kept.py", "new.py": "old.py", "old.py": "old.py"}
    assert touches["new.py"].origin != touches["old.py"].origin
    assert people == {
        "gone.py": ["ann", "ann", "cid"],
        "kept.py": ["ann"],
        "new.py": ["ann", "ann", "bob"],
        "old.py": ["cid"],
    }


def test_a_change_to_a_file_deleted_since_counts_for_the_absence_factor(make_world: MakeWorld) -> None:
    history = raw.History()
    history.commit("Ann", at("2026-01-02"), {"kept.py": "1\n"})
    history.commit("Bob", at("2026-01-03"), {"kept.py": "2\n"})
    history.commit("Cid", at("2026-01-04"), {"gone.py": "1\n", "other.md": "1\n"})
    history.commit("Cid", at("2026-01-05"), {"gone.py": None})
    world = make_world(ExportFolder(bundles={raw.REPOSITORY: history.text}), "2026-03-01")
    # Two of the four changes are Cid's; of the file that is left Ann and Bob made one each.
    january = month(world, "2026-01")
    changes = key_person_concentration.recent_changes(
        world, january, None, key_person_concentration.current_people(world, january.end)
    )
    assert sorted(changes.values()) == [1, 1, 2]
    assert key_person_concentration.concentration(world, january).absence_factor == 1


def test_files_that_no_person_authored_have_no_truck_factor(make_world: MakeWorld) -> None:
    history = raw.History()
    history.commit("bump[bot]", at("2026-01-02"), {"bot.py": "1\n"})
    world = make_world(ExportFolder(bundles={raw.REPOSITORY: history.text}), "2026-03-01")
    beside = key_person_concentration.concentration(world, month(world, "2026-01"))
    assert (beside.truck_factor, beside.absence_factor) == (None, None)


def test_bots_and_large_commits_give_no_authorship_and_co_authors_do(make_world: MakeWorld) -> None:
    history = raw.History()
    assistant = "work\n\nCo-authored-by: Assistant <noreply@assistant.example>"
    assistant += "\nCO-AUTHORED-BY: Bob <bob@acme.example>"
    history.commit("bump[bot]", at("2026-01-02"), {"bot.py": "1\n"})
    history.commit("Ann", at("2026-01-03"), {"pair.py": "1\n"}, message=assistant)
    history.commit("Ann", at("2026-01-04"), {f"many{number}.py": f"{number}\n" for number in range(201)})
    history.commit("Cid", at("2026-01-05"), {"many7.py": "changed\n"})
    world = make_world(ExportFolder(bundles={raw.REPOSITORY: history.text}), "2026-03-01")
    authors = live_authors(world, "2026-02-01")
    assert authors["bot.py"] == set()
    assert authors["pair.py"] == {"ann", "bob"}
    assert authors["many1.py"] == set() and authors["many7.py"] == {"cid"}
    january = line(world, "key_person_concentration", month(world, "2026-01"))
    assert (january.numerator, january.denominator, january.unknown) == (1, 2, 201)


# ---------------------------------------------------------------------------------------------
# 5 change-failure rate


def failure_exports(tmp_path: Path) -> tuple[ExportFolder, dict[int, str]]:
    """d1 to d8 eligible, d9 a failed pipeline, d10 two hours old at 2026-05-01 00:00."""
    folder = ExportFolder(covers_from=at("2025-01-01"), covers_to=at("2026-05-01"))
    service_sheet(folder)
    history = raw.History()
    starts = {number: at("2026-04-02 12:00") + timedelta(days=3 * number) for number in range(1, 10)}
    starts[10] = at("2026-04-30 21:30")
    marks = {
        number: history.commit("Ann", start - timedelta(hours=2), {"a.py": f"{number}\n"})
        for number, start in starts.items()
    }
    shas = {number: raw.shas_of(history.text, tmp_path / "scratch")[mark] for number, mark in marks.items()}
    folder.bundles[raw.REPOSITORY] = history.text
    for number, start in starts.items():
        state = "failure" if number == 9 else "success"
        raw.deployment(folder, 100 + number, shas[number], start, start + timedelta(minutes=30), state=state)
        is_fix = number == 4
        pull = raw.pull_request(
            number,
            start - timedelta(days=1),
            start - timedelta(hours=2),
            shas[number],
            branch="hotfix/price" if is_fix else "work",
            body="Reverts #3" if is_fix else "",
        )
        folder.add("github/pull_requests", pull)
    folder.add(
        "pagerduty/incidents",
        raw.incident("I2", starts[2] + timedelta(hours=40), 60, deployment_id="102"),
        raw.incident("I5", starts[5] + timedelta(hours=2), 60, urgency="low"),
        raw.incident("I6", starts[6] + timedelta(hours=3), 60),
        raw.incident("I6b", starts[6] + timedelta(hours=3, minutes=5), 10, merged_into="I6"),
    )
    return folder, shas


def test_change_failure_rate_golden(make_world: MakeWorld, tmp_path: Path) -> None:
    folder, _ = failure_exports(tmp_path)
    world = make_world(folder, "2026-05-01")
    april = line(world, "change_failure_rate", month(world, "2026-04"))
    assert (april.numerator, april.denominator, april.immature) == (3, 8, 1)
    assert_close(april.value, 3 / 8)
    assert_is_wilson(april.interval, 3, 8)
    assert percent(april.interval) == [13.7, 69.4]
    assert april.beside["explicit"] == 2
    assert_close(april.beside["explicit_share"], 2 / 8)
    assert april.exclusions == {"pipeline_failed": 1}
    judged = verdicts(world, "change_failure_rate")
    failed = {name.split(":")[0] for name, verdict in judged.items() if verdict == "yes"}
    assert failed == {"102", "103", "106"}


def test_a_service_without_an_incident_source_is_unknown_unless_explicitly_failed(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    folder, _ = failure_exports(tmp_path)
    folder.sheets["services"].clear()
    service_sheet(folder, incident_service="")
    world = make_world(folder, "2026-05-01")
    april = line(world, "change_failure_rate", month(world, "2026-04"))
    assert (april.numerator, april.denominator, april.unknown) == (2, 2, 6)


def test_an_incident_export_that_stopped_gives_no_number(make_world: MakeWorld, tmp_path: Path) -> None:
    folder, _ = failure_exports(tmp_path)
    world = make_world(folder, "2026-05-01")
    world.company.covers["pagerduty"] = (at("2025-01-01"), at("2026-03-15"))
    april = line(world, "change_failure_rate", month(world, "2026-04"))
    assert (april.value, april.null_reason) == (None, "source_not_covering")
    assert april.immature == 9


def test_rollbacks_redeployments_and_jobs_of_one_deployment(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    service_sheet(folder)
    first, second = "a" * 40, "b" * 40
    at_hour = {hour: at("2026-04-10") + timedelta(hours=hour) for hour in range(48)}
    quarter = timedelta(minutes=45)
    raw.deployment(folder, 1, first, at_hour[0], at_hour[1])
    raw.deployment(folder, 2, first, at_hour[1], at_hour[1] + quarter)
    raw.deployment(folder, 3, first, at_hour[2], at_hour[1] + 2 * quarter)
    raw.deployment(folder, 4, first, at_hour[5], at_hour[6])
    raw.deployment(folder, 5, second, at_hour[7], at_hour[8])
    raw.deployment(folder, 6, first, at_hour[8], at_hour[8] + timedelta(minutes=5))
    raw.deployment(folder, 7, second, at_hour[20], at_hour[21])
    folder.add("pagerduty/incidents", raw.incident("I1", at_hour[9], 60))
    world = make_world(folder, "2026-05-02")
    assert verdicts(world, "change_failure_rate") == {
        "1:shop": "no",
        "4:shop": "redeployment",
        "5:shop": "yes",
        "6:shop": "redeployment",
        "7:shop": "redeployment",
    }
    failed = next(row for row in rows_of(world, "change_failure_rate") if row.subject_id == "5:shop")
    assert failed.is_inferred and failed.details["inferred"] == ["rollback 6:shop"]


# ---------------------------------------------------------------------------------------------
# 6 time to restore


def test_time_to_restore_golden(make_world: MakeWorld) -> None:
    folder = ExportFolder(covers_from=at("2025-01-01"), covers_to=at("2026-05-02"))
    service_sheet(folder)
    for number, minutes in enumerate((30, 45, 60, 120, 240, 1440)):
        start = at("2026-04-02") + timedelta(days=3 * number)
        folder.add("pagerduty/incidents", raw.incident(f"I{number}", start, minutes))
    folder.add(
        "pagerduty/incidents",
        raw.incident("dup", at("2026-04-02 00:10"), 5, merged_into="I0"),
        raw.incident("low", at("2026-04-25"), 10, urgency="low"),
        raw.incident("open", at("2026-04-29 22:00"), None),
    )
    world = make_world(folder, "2026-05-02")
    april = line(world, "time_to_restore", month(world, "2026-04"))
    assert april.n == 6
    assert_close(april.value, 90)
    assert_close(april.p85, 540)
    assert april.interval == (30, 1440)
    assert april.open_count == 1
    assert_close(april.oldest_open_age, 26 * 60)
    assert april.survival is not None
    assert_close(april.survival.median, 120)
    assert april.exclusions == {"duplicate": 1, "low_urgency": 1}
    assert_close(april.beside["impact_hours"], (30 + 45 + 60 + 120 + 240 + 1440) / 60)


def test_episodes_join_neighbours_of_one_service(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    service_sheet(folder)
    start = at("2026-04-02")
    minutes = [start + timedelta(minutes=minute) for minute in range(300)]
    folder.add(
        "pagerduty/incidents",
        raw.incident("A", minutes[0], 60),
        raw.incident("B", minutes[90], 10),
        raw.incident("C", minutes[131], 10),
        raw.incident("D", at("2026-04-10"), 3 * 24 * 60),
        raw.incident("E", at("2026-04-11 00:31"), 10),
        raw.incident("F", minutes[0], 60, service=None),
        raw.incident("G", minutes[30], 60, service=None),
        raw.incident("H", at("2026-04-20"), 90, impact_started_at="2026-04-19T23:00:00Z"),
    )
    folder.objects["pagerduty/incidents"][-1]["custom_fields"].append(
        {"name": "mitigated_at", "value": "2026-04-20T01:00:00Z"}
    )
    world = make_world(folder, "2026-05-02")
    found = {
        row.subject_id: (row.duration_seconds or 0) / 60
        for row in rows_of(world, "time_to_restore")
        if row.is_counted
    }
    assert found == {"A": 100, "C": 10, "D": 4320, "E": 10, "F": 60, "G": 60, "H": 120}


def test_what_resolved_itself_within_five_minutes_is_transient(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    service_sheet(folder)
    incidents = [
        raw.incident(f"I{day}", at(f"2026-04-{day:02d}"), minutes)
        for day, minutes in ((2, 5), (3, 6), (4, 5))
    ]
    for incident in incidents[:2]:
        incident["last_status_change_by"] = {"type": "service_reference"}
    folder.add("pagerduty/incidents", *incidents)
    world = make_world(folder, "2026-05-02")
    assert verdicts(world, "time_to_restore") == {"I2": "transient", "I3": None, "I4": None}


# ---------------------------------------------------------------------------------------------
# 7 defect escape


def defect_exports() -> ExportFolder:
    """One from production, one of a customer, four from QA, one unknown, one duplicate."""
    folder = ExportFolder(covers_from=at("2025-01-01"), covers_to=at("2026-05-02"))
    folder.add("jira/workflow_statuses", *raw.statuses())
    created = at("2026-04-10")
    customer = {"accountId": "c1", "accountType": "customer"}
    where = [{"value": "Production"}, None, *[{"value": "QA"}] * 4, None]
    for number, value in enumerate(where, start=1):
        reporter = customer if number == 2 else {"accountId": "e1", "accountType": "atlassian"}
        folder.add(
            "jira/issues",
            raw.issue(f"SH-{number}", created, type_name="Bug", customfield_10050=value, reporter=reporter),
        )
    folder.add(
        "jira/issues",
        raw.issue("SH-8", created, [(at("2026-04-11"), "Done")], type_name="Bug", resolution="Duplicate"),
    )
    return folder


def test_defect_escape_golden(make_world: MakeWorld) -> None:
    world = make_world(defect_exports(), "2026-05-02", defect_escape_min_pre_release=1)
    april = line(world, "defect_escape", month(world, "2026-04"))
    assert (april.numerator, april.denominator, april.unknown) == (2, 6, 1)
    assert_close(april.value, 2 / 6)
    assert_is_wilson(april.interval, 2, 6)
    assert percent(april.interval) == [9.7, 70.0]
    assert percent(april.bounds) == [28.6, 42.9]
    assert april.bounds == (2 / 7, 3 / 7)
    assert april.exclusions == {"duplicate": 1}


def test_too_few_defects_before_release_give_no_number(make_world: MakeWorld) -> None:
    world = make_world(defect_exports(), "2026-05-02")
    april = line(world, "defect_escape", month(world, "2026-04"))
    assert (april.value, april.null_reason, april.numerator) == (None, "below_min_n", 2)


def test_a_defect_tied_to_an_incident_escaped(make_world: MakeWorld) -> None:
    folder = defect_exports()
    folder.add("pagerduty/incidents", raw.incident("I1", at("2026-04-09"), 30, jira_issue="SH-7"))
    world = make_world(folder, "2026-05-02")
    assert verdicts(world, "defect_escape")["SH-7"] == "yes"


# ---------------------------------------------------------------------------------------------
# 8 rework ratio


def rework_exports() -> ExportFolder:
    """Two features, a refactoring, a defect fix, a revert, a change without issue, one by a bot."""
    folder = ExportFolder(covers_from=at("2025-01-01"), covers_to=at("2026-05-02"))
    service_sheet(folder)
    folder.add("jira/workflow_statuses", *raw.statuses())
    created = at("2026-04-01")
    for number, kind in enumerate(("Story", "Story", "Task", "Bug"), start=1):
        folder.add("jira/issues", raw.issue(f"SH-{number}", created, type_name=kind))
    opened, merged = at("2026-04-08"), at("2026-04-09")
    changes = [
        {"branch": "sh-1-cart"},
        {"title": "SH-2: basket"},
        {"body": "Part of SH-3."},
        {"branch": "fix/SH-4"},
        {"title": 'Revert "SH-2: basket"', "body": "Reverts #2"},
        {"title": "Encode UTF-8"},
        {"title": "Bump", "author": "bump[bot]", "author_kind": "Bot"},
    ]
    for number, fields in enumerate(changes, start=1):
        folder.add(
            "github/pull_requests", raw.pull_request(number, opened, merged, f"{number:040x}", **fields)
        )
    return folder


def test_rework_ratio_golden(make_world: MakeWorld) -> None:
    world = make_world(rework_exports(), "2026-05-02")
    april = line(world, "rework_ratio", month(world, "2026-04"))
    assert (april.numerator, april.denominator, april.unknown) == (2, 5, 1)
    assert_close(april.value, 2 / 5)
    assert_is_wilson(april.interval, 2, 5)
    assert percent(april.interval) == [11.8, 76.9]
    assert percent(april.bounds) == [33.3, 50.0]
    assert april.exclusions == {"bot": 1}


def test_markers_of_rework(make_world: MakeWorld) -> None:
    folder = rework_exports()
    reopened = [(at("2026-04-02"), "Done"), (at("2026-04-03"), "In Progress")]
    folder.add("jira/issues", raw.issue("SH-10", at("2026-04-01"), reopened))
    folder.add(
        "jira/issues",
        raw.issue("SH-11", at("2026-04-01"), [*reopened[:1], (at("2026-04-08 12:00"), "In Progress")]),
    )
    opened, merged = at("2026-04-08"), at("2026-04-09")
    for number, fields in enumerate(
        (
            {"branch": "hotfix/price"},
            {"labels": ["hotfix"]},
            {"title": "SH-10 again"},
            {"title": "SH-11 once"},
            {"title": 'Reapply "SH-4"', "body": "Reverts #5"},
        ),
        start=20,
    ):
        folder.add(
            "github/pull_requests", raw.pull_request(number, opened, merged, f"{number:040x}", **fields)
        )
    judged = verdicts(make_world(folder, "2026-05-02"), "rework_ratio")
    found = [judged[f"{raw.REPOSITORY}#{number}"] for number in range(20, 25)]
    assert found == ["yes", "yes", "yes", "no", "no"]


def test_issue_keys_are_bounded_exist_and_survive_a_move(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    moved = {"field": "Key", "fromString": "OLD-9", "toString": "SH-1"}
    folder.add("jira/issues", raw.issue("SH-1", at("2026-01-01"), more_changes=[(at("2026-01-02"), moved)]))
    world = make_world(folder, "2026-02-01")
    keys = issue_keys(world)
    for text in ("sh-1", "feature/old-9-x", "feature_SH-1_x", "(SH-1)", "X-SH-1"):
        assert [issue.key for issue in keys_in(text, keys)] == ["SH-1"], text
    for text in ("SH-12", "XSH-1", "SH-1a", "UTF-8", "SH-"):
        assert keys_in(text, keys) == [], text


# ---------------------------------------------------------------------------------------------
# 9 work tied to a business outcome


def outcome_exports() -> ExportFolder:
    """Four tied issues, three that are not, and a change without an issue."""
    folder = ExportFolder(covers_from=at("2025-01-01"), covers_to=at("2026-05-20"))
    service_sheet(folder)
    folder.add("jira/workflow_statuses", *raw.statuses())
    created, moves = at("2026-04-01"), [(at("2026-04-02"), "In Progress"), (at("2026-04-10"), "Done")]
    folder.add("jira/issues", raw.issue("SH-50", created, type_name="Epic"))
    epic = {"customfield_10014": "SH-50"}
    by_key = {
        "SH-1": epic,
        "SH-2": {},
        "SH-3": {"customfield_10052": "Grow"},
        "SH-4": epic,
        "SH-5": {"type_name": "Bug"},
        "SH-6": {"labels": ["growth"], "customfield_10052": "growth"},
        "SH-7": {},
    }
    for key, fields in by_key.items():
        folder.add("jira/issues", raw.issue(key, created, moves, resolution="Done", **fields))
    folder.add_sheet(
        "objectives",
        {"objective_id": "O1", "name": "Grow", "active_from_on": "2026-04-10", "active_to_on": "2026-06-30"},
    )
    folder.add_sheet(
        "roadmap_items",
        {
            "roadmap_item_id": "R1",
            "plan_version_on": "2026-03-01",
            "title": "Cart",
            "planned_quarter": "2026-Q2",
            "commitment": "committed",
            "state": "planned",
            "objective_id": "O1",
            "epic_key": "SH-50",
        },
    )
    folder.add_sheet(
        "outcome_links",
        {
            "issue_key": "SH-7",
            "outcome_type": "objective",
            "outcome_id": "O1",
            "linked_at": "2026-04-30T00:00:00Z",
        },
    )
    folder.add(
        "hubspot/deals",
        {
            "id": "77",
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z",
            "properties": {
                "dealname": "Big",
                "amount": "100",
                "deal_currency_code": "EUR",
                "issue_keys": "SH-2",
            },
        },
    )
    folder.add("github/pull_requests", raw.pull_request(1, at("2026-04-08"), at("2026-04-09"), "1" * 40))
    return folder


def test_outcome_linked_work_golden(make_world: MakeWorld) -> None:
    world = make_world(outcome_exports(), "2026-05-10")
    april = line(world, "outcome_linked_work", month(world, "2026-04"))
    assert (april.numerator, april.denominator) == (4, 8)
    assert_close(april.value, 4 / 8)
    assert_is_wilson(april.interval, 4, 8)
    assert percent(april.interval) == [21.5, 78.5]
    assert april.bounds == (4 / 8, 5 / 8)
    assert april.coverage == 7 / 8
    judged = verdicts(world, "outcome_linked_work")
    assert [judged[f"SH-{number}"] for number in range(1, 8)] == [
        "yes",
        "yes",
        "yes",
        "yes",
        "no",
        "no",
        "no",
    ]
    assert april.beside["deals"] == 1 and april.beside["amounts"] == {"EUR": 100.0}


def test_what_ties_and_when(make_world: MakeWorld) -> None:
    folder = outcome_exports()
    folder.sheets["objectives"][0] = {**folder.sheets["objectives"][0], "active_from_on": "2026-04-11"}
    lost = {"closedate": "2026-04-02T00:00:00Z", "hs_is_closed_lost": "true"}
    folder.objects["hubspot/deals"][0]["properties"].update(lost)
    judged = verdicts(make_world(folder, "2026-05-10"), "outcome_linked_work")
    # Neither an objective that began too late nor a deal lost when work began; a field may name either.
    assert [judged[f"SH-{number}"] for number in range(1, 5)] == ["no", "no", "yes", "no"]


def test_work_completed_within_the_grace_days_is_immature(make_world: MakeWorld) -> None:
    world = make_world(outcome_exports(), "2026-04-16 23:59")
    rows = {row.subject_id: row for row in rows_of(world, "outcome_linked_work")}
    assert rows["SH-1"].is_immature and not rows[f"{raw.REPOSITORY}#1"].is_immature


def test_without_any_source_of_outcomes_there_is_no_number(make_world: MakeWorld) -> None:
    folder = outcome_exports()
    for sheet in ("objectives", "roadmap_items", "outcome_links"):
        del folder.sheets[sheet]
    del folder.objects["hubspot/deals"]
    world = make_world(folder, "2026-05-10")
    april = line(world, "outcome_linked_work", month(world, "2026-04"))
    assert (april.value, april.null_reason) == (None, "source_not_loaded")


# ---------------------------------------------------------------------------------------------
# 10 roadmap accuracy


def roadmap_exports() -> ExportFolder:
    """The first quarter of 2025 in New York, as the golden example tells it."""
    folder = ExportFolder(
        covers_from=at("2024-12-01"), covers_to=at("2025-07-01 12:00"), reporting_timezone="America/New_York"
    )

    def version(on: str, *items: tuple[str, str, str, str, str]) -> None:
        for item_id, quarter, commitment, state, delivered in items:
            folder.add_sheet(
                "roadmap_items",
                {
                    "roadmap_item_id": item_id,
                    "plan_version_on": on,
                    "title": item_id,
                    "team_id": "red",
                    "planned_quarter": quarter,
                    "planned_end_on": "",
                    "commitment": commitment,
                    "state": state,
                    "delivered_at": delivered,
                },
            )

    first, second = "2025-Q1", "2025-Q2"
    version(
        "2024-12-20",
        *[(f"R{number}", first, "committed", "planned", "") for number in range(1, 7)],
        ("R8", first, "aspirational", "planned", ""),
    )
    version(
        "2025-02-15",
        *[(f"R{number}", first, "committed", "in_progress", "") for number in (1, 2, 3, 4)],
        ("R5", first, "committed", "cancelled", ""),
        ("R6", second, "committed", "planned", ""),
        ("R7", first, "committed", "planned", ""),
        ("R8", first, "aspirational", "planned", ""),
    )
    version(
        "2025-06-01",
        ("R1", first, "committed", "delivered", "2025-02-20T15:00:00Z"),
        ("R2", first, "committed", "delivered", "2025-03-20T15:00:00Z"),
        ("R3", first, "committed", "delivered", "2025-04-01T02:30:00Z"),
        ("R4", first, "committed", "delivered", "2025-04-10T15:00:00Z"),
        ("R5", first, "committed", "cancelled", ""),
        ("R6", second, "committed", "delivered", "2025-05-05T15:00:00Z"),
        ("R7", first, "committed", "delivered", "2025-03-05T15:00:00Z"),
        ("R8", first, "aspirational", "planned", ""),
    )
    return folder


def quarter(world: World, label: str) -> Period:
    """Return a complete quarter."""
    return next(period for period in complete_quarters(world, 12) if period.label == label)


def test_roadmap_accuracy_golden(make_world: MakeWorld) -> None:
    world = make_world(roadmap_exports(), "2025-07-01 12:00")
    first = line(world, "roadmap_accuracy", quarter(world, "2025-Q1"))
    assert (first.numerator, first.denominator) == (3, 6)
    assert_close(first.value, 3 / 6)
    assert_is_wilson(first.interval, 3, 6)
    assert percent(first.interval) == [18.8, 81.2]
    assert first.exclusions == {"added_after_baseline": 1, "aspirational": 1}
    assert first.beside["missed_because"] == {"late": 1, "cancelled": 1, "replanned": 1}
    # Slips of the five delivered ones: -39, -11, 0, 10 and 35 days.
    assert first.beside["median_slip_days"] == 0


def test_a_quarter_without_a_baseline_has_no_number(make_world: MakeWorld) -> None:
    folder = roadmap_exports()
    folder.add_sheet("baselines", {"planned_quarter": "2025-Q1", "baseline_date": "2024-12-19"})
    world = make_world(folder, "2025-07-01 12:00")
    first = line(world, "roadmap_accuracy", quarter(world, "2025-Q1"))
    assert (first.value, first.null_reason) == (None, "no_baseline")


# ---------------------------------------------------------------------------------------------
# time, scope, the whole


def test_months_are_cut_in_the_reporting_time_zone(make_world: MakeWorld) -> None:
    world = make_world(ExportFolder(reporting_timezone="America/New_York"), "2026-04-01 04:00")
    march = complete_months(world, 1)[0]
    assert (march.start_on, march.start, march.end) == (
        date(2026, 3, 1),
        at("2026-03-01 05:00"),
        at("2026-04-01 04:00"),
    )
    just_before = make_world(ExportFolder(reporting_timezone="America/New_York"), "2026-04-01 03:59")
    assert complete_months(just_before, 1)[0].label == "2026-02"
    assert headline_months(world).label == "2026-01..2026-03"


def test_memberships_have_dates_and_the_latest_wins(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    for team, since, until in (
        ("red", "2026-01-01", "2026-03-31"),
        ("blue", "2026-03-31", ""),
        ("amber", "2026-03-31", "2026-03-31"),
    ):
        row = {"person_id": "ann", "team_id": team, "from_on": since, "to_on": until}
        folder.add_sheet("team_memberships", row)
        folder.add_sheet("teams", {"team_id": team})
    world = make_world(folder, "2026-05-01")
    days = [date(2025, 12, 31), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)]
    assert [world.team_of_person("ann", on) for on in days] == [None, "red", "amber", "blue"]


def test_without_sheets_there_is_one_team_and_each_repository_is_a_service(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    folder.add("github/pull_requests", raw.pull_request(1, at("2026-04-01"), at("2026-04-02")))
    folder.add("pagerduty/incidents", raw.incident("Q1", at("2026-04-02"), 10, service="SHOP"))
    world = make_world(folder, "2026-05-01")
    (service,) = world.services
    assert (service.service_id, service.team_id) == (raw.REPOSITORY, "default")
    assert world.team_of_person("ann", date(2026, 4, 1)) == "default"
    assert world.team_of_person(None, date(2026, 4, 1)) is None
    assert world.has_incident_source(service)
    world.company.incidents.clear()
    assert not world.has_incident_source(service)


def test_the_service_holds_most_files_by_the_longest_whole_prefix(make_world: MakeWorld) -> None:
    folder = ExportFolder()
    for service, prefix in (("web", "apps"), ("pay", "apps/pay"), ("api", "api")):
        folder.add_sheet(
            "services",
            {"service_id": service, "repository": raw.REPOSITORY, "path_prefix": prefix, "team_id": "red"},
        )
    world = make_world(folder, "2026-05-01")

    def of(*paths: str) -> str | None:
        return world.service_of_paths(raw.REPOSITORY, list(paths))

    assert of("apps/pay/a.py") == "pay"
    assert of("apps/payments/a.py") == "web"
    assert of("apps/pay/a.py", "api/b.py") == "api"
    assert of("README.md") is None and of() is None


def test_the_page_has_ten_numbers_and_says_why_one_is_missing(make_world: MakeWorld) -> None:
    world = make_world(ExportFolder(), "2026-05-01")
    lines: list[Line] = page(world)
    assert len(lines) == 10
    assert {item.null_reason for item in lines} == {"source_not_loaded"}
    assert {item.status.status for item in lines if item.status} == {"no_data"}


def test_targets_hold_from_their_date(make_world: MakeWorld) -> None:
    folder = cycle_time_exports()
    for target, since in (("4", "2026-01-01"), ("3", "2026-04-30"), ("2", "2026-05-01")):
        folder.add_sheet(
            "targets",
            {
                "kpi": "cycle_time",
                "scope_type": "company",
                "scope_id": "",
                "target": target,
                "from_on": since,
            },
        )
    world = make_world(folder, "2026-05-02")
    april = line(world, "cycle_time", month(world, "2026-04"), COMPANY)
    assert april.target == 3
    assert april.status is not None and april.status.reason == "interval_straddles_target"


def test_nothing_after_as_of_is_read(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world(lead_time_exports(True, tmp_path), "2026-01-15")
    rows: list[Row] = [row for row in rows_of(world, "lead_time") if row.occurred_at]
    assert max(row.occurred_at for row in rows if row.occurred_at) <= at("2026-01-15")
    latest: datetime = max(row.started_at for row in rows_of(world, "lead_time") if row.started_at)
    assert latest <= at("2026-01-15")


def test_markers_match_without_regard_to_case() -> None:
    assert Marker("prod-", "prefix").matches("PROD-eu") and not Marker("prod").matches("prod-eu")
    assert Marker("[test]", "contains").matches("a [TEST] alarm")


# ---------------------------------------------------------------------------------------------
# the sample company

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sample company with the project's own dictionaries."""
    workspace = tmp_path_factory.mktemp("sample")
    return reckon(ROOT / "seeds" / "sample", ROOT / "seeds" / "dictionaries", workspace)


@pytest.mark.parametrize("kpi", [entry.key for entry in KPIS])
def test_every_row_of_the_sample_is_in_one_team_and_one_place(sample: World, kpi: str) -> None:
    headline = periods_of(sample, kpi)[-1]
    company = line(sample, kpi, headline)
    assert company.value is not None and company.n > 0
    ids = [row.subject_id for row in rows_of(sample, kpi)]
    assert len(ids) == len(set(ids))
    if kpi != "delivery_predictability":
        by_team = [
            line(sample, kpi, headline, scope) for scope in scopes(sample, kpi) if scope.scope_type == "team"
        ]
        assert sum(item.n for item in by_team) == company.n
        assert sum(item.unknown for item in by_team) == company.unknown
    for row in rows_of(sample, kpi):
        assert row.duration_seconds is None or row.duration_seconds >= 0 or row.excluded_because
        # A roadmap item lies at its quarter's end, which may be ahead.
        is_past = row.occurred_at is None or row.occurred_at <= sample.as_of
        assert is_past or row.is_immature or row.excluded_because


def test_a_bare_date_means_the_end_of_that_local_day(tmp_path: Path) -> None:
    folder = ExportFolder(reporting_timezone="America/New_York").write(tmp_path / "exports")
    world = reckon(folder, tmp_path, tmp_path / "git", "2026-03-31")
    assert world.as_of == at("2026-04-01 04:00")
    assert complete_months(world, 1)[0].label == "2026-03"
    assert reckon(folder, tmp_path, tmp_path / "git").as_of == at("2030-01-01")


# ---------------------------------------------------------------------------------------------
# independence

ORACLE = Path(__file__).parent / "oracle"


def imported_modules(source: str, package: str) -> set[str]:
    """Return the whole name of every module that a source imports, wherever in it, relative ones too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            found.add(".".join([*above, *([node.module] if node.module else [])]))
        elif isinstance(node, ast.Call) and _is_import_by_name(node.func):
            found.add("an import by name")
    return found


def _is_import_by_name(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
    return name in ("__import__", "import_module", "exec", "eval")


def foreign_modules(source: str, package: str = "oracle") -> set[str]:
    """Return what a source imports that is neither of the standard library nor of the oracle."""
    own = {*sys.stdlib_module_names, "oracle"}
    return {name for name in imported_modules(source, package) if name.split(".")[0] not in own}


@pytest.mark.parametrize(
    "path", sorted(ORACLE.rglob("*.py")), ids=lambda path: path.relative_to(ORACLE).as_posix()
)
def test_the_oracle_shares_no_code_with_the_product(path: Path) -> None:
    package = ".".join(path.parent.relative_to(ORACLE.parent).parts)
    assert not foreign_modules(path.read_text(encoding="utf-8"), package)


@pytest.mark.parametrize(
    ("source", "foreign"),
    [
        ("import scorecard.landing", "scorecard.landing"),
        ("from scorecard import landing", "scorecard"),
        ("def late():\n    import duckdb as json", "duckdb"),
        ("from ..parity import compare", "parity"),
        ("import importlib\nimportlib.import_module('scorecard')", "an import by name"),
    ],
)
def test_code_of_others_in_the_oracle_is_seen(source: str, foreign: str) -> None:
    assert foreign_modules(source) == {foreign}
    assert not foreign_modules("import json\nfrom .kpis import lead_time\nfrom . import row")
