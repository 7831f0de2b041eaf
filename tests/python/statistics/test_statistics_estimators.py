"""Shares, medians and survival against SciPy, statsmodels, NumPy and lifelines, on random inputs.

Each team is a case of its own, so that one replay holds them all.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from harness import AS_OF, Observation, Replay, Row, duration_rows, share_rows
from lifelines import KaplanMeierFitter
from lifelines.exceptions import StatError
from lifelines.utils import survival_table_from_events
from scipy.stats import binom, norm
from statsmodels.stats.proportion import proportion_confint

Z = 1.959964
EPSILON = 1e-9
PERIOD_START, PERIOD_END = datetime(2026, 4, 1), datetime(2026, 7, 1)
"""The trailing three months at the default `as_of`, in UTC."""


def close(expected: float | None) -> Any:
    return None if expected is None else pytest.approx(expected, abs=1e-9, rel=1e-9)


def headlines(replay: Replay, kpi: str) -> dict[str, Row]:
    rows = replay.rows("scorecard", kpi=kpi, scope_type="team", is_headline_grain=True, is_latest_period=True)
    return {row["scope_id"]: row for row in rows}


# --- shares ----------------------------------------------------------------------------------------------


def wilson(hits: int, trials: int) -> tuple[float, float]:
    low, high = proportion_confint(hits, trials, alpha=2 * norm.sf(Z), method="wilson")
    return max(0.0, low), min(1.0, high)


def share_cases() -> dict[str, dict[str, int]]:
    chance = random.Random(1)
    cases = {
        f"s{number:03}": {
            "yes": chance.choice((0, 0, 1, 3, 17, 250)),
            "no": chance.choice((0, 1, 4, 30, 400)),
            "unknown": chance.choice((0, 0, 1, 2, 40)),
        }
        for number in range(80)
    }
    return {team: counts for team, counts in cases.items() if counts["yes"] + counts["no"] > 0}


def test_shares_agree_with_statsmodels() -> None:
    cases = share_cases()
    replay = Replay(
        row for team, counts in cases.items() for row in share_rows("rework_ratio", counts, team_id=team)
    )
    rows = headlines(replay, "rework_ratio")
    shares = {
        row["scope_id"]: row for row in replay.rows("stat_shares", kpi="rework_ratio", scope_type="team")
    }
    assert len(cases) > 60
    for team, counts in cases.items():
        row, known = rows[team], counts["yes"] + counts["no"]
        everything = known + counts["unknown"]
        assert row["value"] == close(counts["yes"] / known)
        assert (row["interval_low"], row["interval_high"]) == close(wilson(counts["yes"], known))
        assert row["bound_low"] == close(counts["yes"] / everything)
        assert row["bound_high"] == close((counts["yes"] + counts["unknown"]) / everything)
        assert row["coverage"] == close(known / everything)
        band = "full" if known / everything >= 0.9 else "caution" if known / everything >= 0.7 else "poor"
        assert row["coverage_band"] == band
        tested = (shares[team]["test_low"], shares[team]["test_high"])
        if band == "full":
            assert tested == close(wilson(counts["yes"], known))
        else:
            low = wilson(counts["yes"], everything)[0]
            assert tested == close((low, wilson(counts["yes"] + counts["unknown"], everything)[1]))


def test_a_share_pools_counts_and_never_averages_ratios() -> None:
    rows = [
        *share_rows("rework_ratio", {"yes": 1, "no": 1}, datetime(2026, 4, 5).date()),
        *share_rows("rework_ratio", {"yes": 0, "no": 8}, datetime(2026, 5, 5).date()),
    ]
    assert Replay(rows).headline("rework_ratio")["value"] == close(1 / 10)


# --- medians ---------------------------------------------------------------------------------------------


def median_interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """[x_(l), x_(n+1-l)] with the largest l whose coverage by the binomial is 95 % or more."""
    ordered, n = sorted(values), len(values)
    if n > 1000:
        rank = floor((n + 1 - Z * sqrt(n)) / 2)
    else:
        ranks = [rank for rank in range(1, n // 2 + 1) if 1 - 2 * binom.cdf(rank - 1, n, 0.5) >= 0.95]
        if not ranks:
            return None, None
        rank = max(ranks)
    return ordered[rank - 1], ordered[n - rank]


def duration_cases() -> dict[str, list[float]]:
    chance = random.Random(2)
    sizes = [*range(1, 41), 99, 100, 257, 999, 1000, 1001, 1500]
    return {
        f"d{size:04}": [round(chance.lognormvariate(10, 1.2), chance.choice((0, 3))) for _ in range(size)]
        for size in sizes
    }


def test_medians_agree_with_numpy_and_the_binomial() -> None:
    cases = duration_cases()
    replay = Replay(
        row
        for team, seconds in cases.items()
        for row in duration_rows("time_to_restore", seconds, team_id=team)
    )
    rows = headlines(replay, "time_to_restore")
    for team, seconds in cases.items():
        row, minutes = rows[team], np.array(seconds) / 60
        assert row["n"] == len(seconds)
        assert row["value"] == close(float(np.percentile(minutes, 50)))
        assert row["p85"] == close(float(np.percentile(minutes, 85)))
        low, high = median_interval(seconds)
        assert row["interval_low"] == close(None if low is None else low / 60)
        assert row["interval_high"] == close(None if high is None else high / 60)


def test_every_rank_of_the_dictionary_agrees_with_the_binomial() -> None:
    replay = Replay([])
    found = replay.engine.query(f"select * from {replay.project.inputs['median_ranks']}")
    ranks = {row["sample_size"]: row["lower_rank"] for row in found}
    assert sorted(ranks) == list(range(6, 1001))
    for n, rank in ranks.items():
        assert 1 - 2 * binom.cdf(rank - 1, n, 0.5) >= 0.95 > 1 - 2 * binom.cdf(rank, n, 0.5)


# --- survival --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Life:
    """One item: when it began, from when on it can be open, and when it finished, if it did."""

    started_at: datetime
    open_from_at: datetime
    ended_at: datetime | None


def random_lives(chance: random.Random) -> list[Life]:
    """Items around the period; whole days in some cases, so that ages tie."""
    step = chance.choice((timedelta(days=1), timedelta(minutes=1)))
    span = round(timedelta(days=160) / step)
    lives = []
    for _ in range(chance.choice((4, 8, 15, 40, 90))):
        started_at = datetime(2026, 1, 25) + chance.randrange(span) * step
        length = round(chance.expovariate(1 / 30) * (timedelta(days=1) / step)) * step
        ended_at = started_at + length
        finished = ended_at <= AS_OF and chance.random() < 0.8
        lives.append(Life(started_at, started_at, ended_at if finished else None))
    return lives


def observations_of(team: str, lives: Sequence[Life]) -> list[Observation]:
    return [
        Observation(
            f"cycle_time:{team}:{number}",
            "cycle_time",
            team_id=team,
            duration_seconds=(life.ended_at - life.started_at).total_seconds() if life.ended_at else None,
            started_at=life.started_at,
            open_from_at=life.open_from_at,
            ended_at=life.ended_at,
            occurred_on=life.ended_at.date() if life.ended_at else None,
        )
        for number, life in enumerate(lives)
    ]


def at_risk_in_period(lives: Sequence[Life]) -> pd.DataFrame:
    """Entry and exit age in days of every item at risk in the period, and whether it finished."""
    rows = []
    for life in lives:
        if life.open_from_at >= PERIOD_END or (life.ended_at is not None and life.ended_at < PERIOD_START):
            continue
        finished = life.ended_at is not None and life.ended_at < PERIOD_END
        leaves_at = life.ended_at if finished and life.ended_at else PERIOD_END
        entry = max((PERIOD_START - life.started_at) / timedelta(days=1), 0.0)
        rows.append((entry, (leaves_at - life.started_at) / timedelta(days=1), finished))
    return pd.DataFrame(rows, columns=["entry", "exit", "finished"])


def survival_by_lifelines(lives: Sequence[Life]) -> tuple[float | None, str | None]:
    """The median by the rules, read off the curve and the event table that lifelines makes."""
    items = at_risk_in_period(lives)
    if not items["finished"].any():
        return None, "not_reached"
    table = survival_table_from_events(items["exit"], items["finished"], birth_times=items["entry"])
    events = table.query("observed > 0")
    try:
        # At one age lifelines lets finishes precede entries; a moment earlier, the entries come first.
        entry = items["entry"] - 1e-7
        fitter = KaplanMeierFitter().fit(items["exit"], items["finished"], entry=entry)
        curve = fitter.survival_function_["KM_estimate"].loc[events.index]
    except StatError:
        # lifelines refuses a risk set that its finishes exhaust early; its event table holds all the same.
        curve = (1 - events["observed"] / events["at_risk"]).cumprod()
    below = curve[curve < 0.5 + EPSILON]
    if below.empty:
        return None, "not_reached"
    first = below.index[0]
    median = first
    if abs(below.iloc[0] - 0.5) <= EPSILON:
        later = curve.index[curve.index > first]
        if later.empty:
            return None, "not_reached"
        median = (first + later[0]) / 2
    for age in events.index[events.index <= first]:
        if events.loc[age, "at_risk"] < 5 and (items["entry"] > age).any():
            return None, "thin_risk_set"
    return float(median), None


@pytest.mark.filterwarnings("ignore::Warning:lifelines")
def test_survival_agrees_with_lifelines() -> None:
    chance = random.Random(3)
    cases = {f"k{number:03}": random_lives(chance) for number in range(300)}
    replay = Replay(row for team, lives in cases.items() for row in observations_of(team, lives))
    rows = headlines(replay, "cycle_time")
    seen: dict[str | None, int] = {}
    for team, lives in cases.items():
        row = rows[team]
        open_lives = [
            life
            for life in lives
            if life.open_from_at < PERIOD_END and (life.ended_at is None or life.ended_at >= PERIOD_END)
        ]
        assert row["open_count"] == len(open_lives)
        if open_lives:
            oldest = max((PERIOD_END - life.started_at).total_seconds() for life in open_lives)
            assert row["open_oldest_seconds"] == close(oldest)
        if 10 * row["open_count"] <= row["open_count"] + row["n"]:
            assert row["survival_median"] is None and row["survival_reason"] is None
            continue
        median, reason = survival_by_lifelines(lives)
        seen[reason] = seen.get(reason, 0) + 1
        assert (row["survival_median"], row["survival_reason"]) == (close(median), reason), team
    assert min(seen.get(None, 0), seen.get("not_reached", 0), seen.get("thin_risk_set", 0)) >= 5, seen


def test_where_survival_equals_one_half_the_next_finish_shares_the_median() -> None:
    # Four at risk: S is 3/4, then 1/2 at 20 days, and 0 or not reached by the last two.
    days = {"tied": (10, 20, 32, None), "last": (10, 20, None, None)}
    rows = [
        Observation(
            f"{team}:{number}",
            "cycle_time",
            team_id=team,
            started_at=PERIOD_START,
            open_from_at=PERIOD_START,
            ended_at=PERIOD_START + timedelta(days=length) if length else None,
            duration_seconds=length * 86400.0 if length else None,
            occurred_on=(PERIOD_START + timedelta(days=length)).date() if length else None,
        )
        for team, lengths in days.items()
        for number, length in enumerate(lengths)
    ]
    found = headlines(Replay(rows), "cycle_time")
    assert found["tied"]["survival_median"] == close(26.0)
    assert found["last"]["survival_median"] is None
    assert found["last"]["survival_reason"] == "not_reached"


def test_only_an_open_share_above_a_tenth_calls_for_survival() -> None:
    ended_at = datetime(2026, 6, 20)
    rows = []
    for team, finished in (("tenth", 9), ("more", 8)):
        rows += duration_rows(
            "cycle_time", [86400.0 * day for day in range(1, finished + 1)], ended_at, team_id=team
        )
        rows.append(
            Observation(f"{team}:open", "cycle_time", team, started_at=ended_at, open_from_at=ended_at)
        )
    found = headlines(Replay(rows), "cycle_time")
    assert found["tenth"]["open_share"] == close(0.1)
    assert found["tenth"]["survival_median"] is None
    assert found["more"]["survival_median"] is not None
