"""Process charts (XmR): every rule by a case of its own, random series against a plain reading of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise

import pytest
from harness import Observation, Replay, Row, duration_rows, share_rows

Series = Sequence[float | None]
LATEST = date(2026, 6, 1)
EPSILON = 1e-9


def month_before(count: int) -> date:
    """First day of the month that many months before the latest complete one."""
    months = LATEST.year * 12 + LATEST.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def series_rows(team: str, series: Series, n: int = 10) -> Iterator[Observation]:
    """`n` equal lead times in hours a month, oldest first, the last in the latest complete month."""
    for back, hours in enumerate(reversed(series)):
        if hours is not None:
            on = month_before(back)
            yield from duration_rows(
                "lead_time", [hours * 3600.0] * n, datetime(on.year, on.month, 20), team_id=team
            )


def charts(cases: dict[str, Series], n: int = 10) -> dict[str, Row]:
    """The latest month's row of each case; a case is a team."""
    replay = Replay(row for team, series in cases.items() for row in series_rows(team, series, n))
    rows = replay.rows(
        "scorecard", kpi="lead_time", scope_type="team", period_grain="month", period_start_on=LATEST
    )
    return {row["scope_id"]: row for row in rows}


# Alternating, so that the mean moving range is 2 and the limits lie 5.32 from the middle.
CALM = [49.0, 51.0] * 12
RULES: dict[str, tuple[Series, str | None, str]] = {
    "eleven_points_are_not_judged": (CALM[:11], None, "too_few_points"),
    "twelve_points_are_judged": (CALM[:12], "none", "within_limits"),
    "empty_months_are_skipped": ([*CALM[:6], None, None, *CALM[:6]], "none", "within_limits"),
    "a_last_point_below_is_better": ([*CALM[:23], 20.0], "improving", "outside_limits"),
    "a_last_point_above_is_worse": ([*CALM[:23], 80.0], "worsening", "outside_limits"),
    "a_point_outside_before_the_last_is_not_now": ([*CALM[:22], 80.0, 50.0], "none", "within_limits"),
    "eight_in_a_row_on_one_side": (
        [*([47.0, 52.0] * 8), *([49.0, 48.9] * 4)],
        "improving",
        "eight_on_one_side",
    ),
    "seven_in_a_row_are_not_enough": (
        [*([47.0, 52.0] * 8), 51.0, *([49.0, 48.9] * 3), 49.0],
        "none",
        "within_limits",
    ),
    # The mean is exactly 50.
    "a_point_on_the_middle_is_on_no_side": (
        [*([47.4375, 53.4375] * 8), *([49.0] * 3), 50.0, *([49.0] * 4)],
        "none",
        "within_limits",
    ),
    "three_of_four_near_a_limit": (
        [*([49.0, 51.0] * 10), 54.0, 50.0, 54.0, 54.0],
        "worsening",
        "three_of_four_near_limit",
    ),
    "two_of_four_are_not_enough": ([*([49.0, 51.0] * 10), 50.0, 50.0, 54.0, 54.0], "none", "within_limits"),
    "three_near_a_limit_without_the_last_are_not_now": (
        [*([49.0, 51.0] * 10), 54.0, 54.0, 54.0, 51.0],
        "none",
        "within_limits",
    ),
    "no_variation_gives_none": ([50.0] * 24, "none", "no_variation"),
    "no_point_at_all": ([None], None, "too_few_points"),
}


@pytest.fixture(scope="module")
def rule_charts() -> dict[str, Row]:
    present = {team: series for team, (series, _, _) in RULES.items()}
    replay = Replay(
        (row for team, series in present.items() for row in series_rows(team, series)), teams=list(RULES)
    )
    rows = replay.rows(
        "scorecard", kpi="lead_time", scope_type="team", period_grain="month", period_start_on=LATEST
    )
    return {row["scope_id"]: row for row in rows}


@pytest.mark.parametrize("case", RULES)
def test_rule(rule_charts: dict[str, Row], case: str) -> None:
    _, signal, reason = RULES[case]
    assert (rule_charts[case]["signal"], rule_charts[case]["signal_reason"]) == (signal, reason)


def test_a_chart_is_drawn_from_eight_points() -> None:
    rows = charts({"seven": CALM[:7], "eight": CALM[:8]})
    assert not rows["seven"]["is_signal_drawn"]
    assert rows["seven"]["chart_middle"] is None and rows["seven"]["chart_low"] is None
    assert rows["eight"]["is_signal_drawn"]
    assert rows["eight"]["chart_middle"] == pytest.approx(50, abs=EPSILON)


def test_few_rows_a_month_give_no_signal() -> None:
    jump = [*CALM[:23], 80.0]
    assert charts({"nine": jump}, n=9)["nine"]["signal_reason"] == "small_n"
    assert charts({"ten": jump}, n=10)["ten"]["signal"] == "worsening"


def share_series(kpi: str, team: str, shares: Series, n: int) -> Iterator[Observation]:
    for back, share in enumerate(reversed(shares)):
        yes = round((share or 0) * n)
        last = month_before(back - 1)
        on = date.fromordinal(last.toordinal() - 1)
        yield from share_rows(kpi, {"yes": yes, "no": n - yes}, on, team_id=team)


def test_shares_need_twenty_rows_a_month_and_a_stock_never_signals() -> None:
    jump = [*([0.4, 0.5] * 11), 0.4, 1.0]
    rows = [
        *share_series("outcome_linked_work", "nineteen", jump, 19),
        *share_series("outcome_linked_work", "twenty", jump, 20),
        *share_series("change_failure_rate", "twenty", jump, 20),
        *share_series("key_person_concentration", "twenty", jump[-12:], 20),
    ]
    replay = Replay(rows)
    nineteen = replay.month("outcome_linked_work", LATEST, "nineteen")
    assert (nineteen["signal"], nineteen["signal_reason"]) == ("none", "small_n")
    # More is better for one and worse for the other.
    assert replay.month("outcome_linked_work", LATEST, "twenty")["signal"] == "improving"
    assert replay.month("change_failure_rate", LATEST, "twenty")["signal"] == "worsening"
    stock = replay.headline("key_person_concentration", "twenty")
    assert (stock["signal"], stock["signal_reason"]) == ("none", "drifting_stock")


def signal_by_the_rules(series: Series) -> tuple[str | None, float, float]:
    """Signal of a lower-is-better series, with middle and mean moving range."""
    points = [value for value in series if value is not None]
    moves = [abs(later - earlier) for earlier, later in pairwise(points)]
    middle, spread = sum(points) / len(points), sum(moves) / len(moves)
    if len(points) < 12:
        return None, middle, spread
    upper, lower = middle + 2.66 * spread, middle - 2.66 * spread
    last = points[-1]
    above = [value > middle + EPSILON for value in points]
    below = [value < middle - EPSILON for value in points]
    near_upper = [upper - value < value - middle - EPSILON for value in points]
    near_lower = [value - lower < middle - value - EPSILON for value in points]
    high = last > upper + EPSILON or all(above[-8:]) or (near_upper[-1] and near_upper[-4:].count(True) >= 3)
    low = last < lower - EPSILON or all(below[-8:]) or (near_lower[-1] and near_lower[-4:].count(True) >= 3)
    return ("worsening" if high else "improving" if low else "none"), middle, spread


def random_series(chance: random.Random) -> list[float | None]:
    level, series = 50.0, list[float | None]()
    for _ in range(chance.randint(9, 24)):
        level += chance.choice((0, 0, 0, 0, chance.uniform(-12, 12)))
        series.append(None if chance.random() < 0.08 else round(max(level + chance.gauss(0, 4), 0.5), 2))
    series[-1] = round(level if level > 1 else 1.0, 2)
    return series


def test_random_series_agree_with_the_rules() -> None:
    chance = random.Random(4)
    cases = {f"x{number:03}": random_series(chance) for number in range(150)}
    cases = {team: series for team, series in cases.items() if sum(value is not None for value in series) > 8}
    rows = charts(cases)
    seen = dict.fromkeys(("none", "improving", "worsening", None), 0)
    for team, series in cases.items():
        signal, middle, spread = signal_by_the_rules(series)
        seen[signal] += 1
        assert rows[team]["signal"] == signal, (team, series)
        assert rows[team]["chart_middle"] == pytest.approx(middle, abs=EPSILON)
        assert rows[team]["chart_low"] == pytest.approx(middle - 2.66 * spread, abs=EPSILON)
        assert rows[team]["chart_high"] == pytest.approx(middle + 2.66 * spread, abs=EPSILON)
    assert min(seen.values()) >= 5, seen


def test_a_headline_carries_the_chart_of_its_last_month() -> None:
    replay = Replay(series_rows("one", [*CALM[:23], 80.0]))
    assert replay.headline("lead_time", "one")["signal"] == "worsening"
    assert replay.headline("lead_time", "one")["sentence"].endswith(
        "A real change for the worse: the latest month lies outside the usual range."
    )
    earlier = replay.month("lead_time", date(2026, 5, 1), "one")
    assert earlier["signal"] == "none"
    assert earlier["sentence"].endswith("No real change in 23 months.")
