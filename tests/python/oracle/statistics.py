"""The statistics of the definitions: shares, durations, survival, process charts, status.

Pure functions over numbers; no knowledge of where the numbers come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import comb, floor, sqrt
from typing import Literal

Z_95 = 1.959964
"""Two-sided 95 % quantile of the standard normal, to the digits that the definitions give."""

EPSILON = 1e-9
"""Two numbers nearer than this are equal (survival at one half, points on a chart)."""

Better = Literal["higher", "lower"]
Kind = Literal["share", "duration", "census"]
Rule = Literal["outside_limits", "eight_on_one_side", "three_of_four_near_limit"]
Direction = Literal["up", "down"]
Interval = tuple[float, float]

NULL_REASONS = (
    "source_not_loaded",
    "source_not_covering",
    "no_baseline",
    "immature",
    "below_min_n",
    "all_unknown",
    "none_finished",
    "no_events",
)
"""Why a value is NULL, in the order in which they are tried."""


# ---------------------------------------------------------------------------------------------
# durations


def percentile_cont(values: Iterable[float], fraction: float) -> float | None:
    """Return the continuous percentile: linear interpolation at rank ``(n - 1) * fraction``.

    ``None`` for no values.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    rank = (len(ordered) - 1) * fraction
    below = floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


def median_rank(n: int) -> int | None:
    """Return the 1-based rank ``l`` of the lower end of the 95 % interval of a median.

    The largest ``l`` with ``1 - 2 P(Bin(n, 1/2) <= l - 1) >= 0.95``, exact to n = 1000, beyond it
    ``floor((n + 1 - z sqrt(n)) / 2)``; ``None`` where no rank reaches 95 % (n < 6).
    """
    if n > 1000:
        return floor((n + 1 - Z_95 * sqrt(n)) / 2)
    needed = Fraction(95, 100)
    rank = None
    ways_at_most = 0
    for candidate in range(1, n // 2 + 1):
        ways_at_most += comb(n, candidate - 1)
        if 1 - 2 * Fraction(ways_at_most, 2**n) < needed:
            break
        rank = candidate
    return rank


def median_interval(values: Iterable[float]) -> Interval | None:
    """Return the order-statistic interval ``[x_(l), x_(n + 1 - l)]`` of a median, ``None`` below n = 6."""
    ordered = sorted(values)
    rank = median_rank(len(ordered))
    if rank is None:
        return None
    return ordered[rank - 1], ordered[len(ordered) - rank]


@dataclass(frozen=True)
class DurationSummary:
    """A pooled duration; all durations in the unit of the values that were given."""

    n: int
    unknown: int
    median: float | None
    p85: float | None
    interval: Interval | None
    coverage: float | None


def summarise_durations(values: Sequence[float], unknown: int = 0) -> DurationSummary:
    """Summarise measured durations beside the number of rows whose duration is unknown."""
    everything = len(values) + unknown
    return DurationSummary(
        n=len(values),
        unknown=unknown,
        median=percentile_cont(values, 0.5),
        p85=percentile_cont(values, 0.85),
        interval=median_interval(values),
        coverage=len(values) / everything if everything else None,
    )


# ---------------------------------------------------------------------------------------------
# shares


def wilson_interval(hits: int, n: int) -> Interval | None:
    """Return the Wilson score interval (1927) of ``hits / n`` at 95 %, ``None`` for n = 0."""
    if n == 0:
        return None
    share = hits / n
    spread = Z_95**2 / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 * sqrt(share * (1 - share) / n + Z_95**2 / (4 * n * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class ShareSummary:
    """A pooled share with all that stands beside it; shares between 0 and 1."""

    yes: int
    no: int
    unknown: int
    value: float | None
    n: int
    interval: Interval | None
    bounds: Interval | None
    coverage: float | None
    cautious_interval: Interval | None
    """Wilson's lower end of the lower bound to its upper end of the upper bound."""


def summarise_share(yes: int, no: int, unknown: int = 0) -> ShareSummary:
    """Pool verdicts: yes / (yes + no), bounds over all of them, coverage (yes + no) / all."""
    known = yes + no
    everything = known + unknown
    return ShareSummary(
        yes=yes,
        no=no,
        unknown=unknown,
        value=yes / known if known else None,
        n=known,
        interval=wilson_interval(yes, known),
        bounds=(yes / everything, (yes + unknown) / everything) if everything else None,
        coverage=known / everything if everything else None,
        cautious_interval=_cautious(yes, yes + unknown, everything),
    )


def summarise_outcome_share(yes: int, issues: int, changes_without_issue: int) -> ShareSummary:
    """Pool work tied to an outcome, whose bounds and coverage replace the general rule.

    ``issues`` counts every issue, tied or not; a change without an issue is a ``no`` that may be a ``yes``.
    """
    everything = issues + changes_without_issue
    possible = yes + changes_without_issue
    return ShareSummary(
        yes=yes,
        no=everything - yes,
        unknown=0,
        value=yes / everything if everything else None,
        n=everything,
        interval=wilson_interval(yes, everything),
        bounds=(yes / everything, possible / everything) if everything else None,
        coverage=issues / everything if everything else None,
        cautious_interval=_cautious(yes, possible, everything),
    )


def _cautious(certain: int, possible: int, everything: int) -> Interval | None:
    low = wilson_interval(certain, everything)
    high = wilson_interval(possible, everything)
    if low is None or high is None:
        return None
    return low[0], high[1]


# ---------------------------------------------------------------------------------------------
# survival


@dataclass(frozen=True)
class AtRisk:
    """One item at risk: ages (same unit) at which it is first and last under observation."""

    entry: float
    exit: float
    finished: bool


@dataclass(frozen=True)
class SurvivalMedian:
    """A Kaplan-Meier median, or why there is none (``not_reached``, ``thin_risk_set``)."""

    median: float | None
    null_reason: str | None


def kaplan_meier_median(items: Sequence[AtRisk], thin: int = 5) -> SurvivalMedian:
    """Return the Kaplan-Meier median with delayed entry.

    At one age entries precede finishes and finishes precede censorings, so an item is at risk at an age
    when ``entry <= age <= exit``.  The median is the first finish age with S < 1/2; where S equals 1/2 the
    mean of that age and the next finish.  It is withheld where a finish up to it met fewer than ``thin``
    at risk while later entries remained.
    """
    ages = sorted({item.exit for item in items if item.finished})
    surviving = 1.0
    median = None
    for index, age in enumerate(ages):
        at_risk = _at_risk(items, age)
        finishes = sum(1 for item in items if item.finished and item.exit == age)
        surviving = 0.0 if finishes == at_risk else surviving * (1 - finishes / at_risk)
        if abs(surviving - 0.5) <= EPSILON:
            if index + 1 < len(ages):
                median = (age + ages[index + 1]) / 2
            break
        if surviving < 0.5:
            median = age
            break
    if median is None:
        return SurvivalMedian(None, "not_reached")
    for age in ages:
        if age <= median and _at_risk(items, age) < thin and any(item.entry > age for item in items):
            return SurvivalMedian(None, "thin_risk_set")
    return SurvivalMedian(median, None)


def _at_risk(items: Sequence[AtRisk], age: float) -> int:
    return sum(1 for item in items if item.entry <= age <= item.exit)


# ---------------------------------------------------------------------------------------------
# process-behaviour chart


@dataclass(frozen=True)
class ChartPoint:
    """One period of a chart: its value (``None`` is skipped) and the rows behind it."""

    label: str
    value: float | None
    n: int


@dataclass(frozen=True)
class Change:
    """A change that a rule calls real, from its first to its last point."""

    rule: Rule
    direction: Direction
    first: str
    last: str
    is_now: bool


@dataclass(frozen=True)
class Signal:
    """An XmR chart and what it says."""

    points: int
    is_drawn: bool
    is_judged: bool
    middle: float | None
    lower: float | None
    upper: float | None
    changes: tuple[Change, ...] = field(default=())
    silent_because: str | None = None
    """Why no signal is given: ``too_few_points``, ``no_variation``, ``small_n``, ``drifting_stock``."""

    @property
    def is_real(self) -> bool:
        """Whether any change on the chart is real."""
        return bool(self.changes)

    @property
    def now(self) -> Change | None:
        """Return the first change that includes the last point, ``None`` without one."""
        return next((change for change in self.changes if change.is_now), None)


def process_chart(points: Sequence[ChartPoint], kind: Kind) -> Signal:
    """Draw and judge the XmR chart (Wheeler) of up to 24 periods, NULL periods skipped."""
    used = [point for point in points[-24:] if point.value is not None]
    values = [point.value for point in used if point.value is not None]
    middle, lower, upper = xmr_limits(values)
    is_drawn = len(used) >= 8
    is_judged = len(used) >= 12
    silent = _silent_because([point.n for point in used], middle, upper, kind, is_judged)
    changes: tuple[Change, ...] = ()
    if silent is None and middle is not None and lower is not None and upper is not None:
        changes = tuple(_changes([point.label for point in used], values, middle, lower, upper))
    return Signal(len(used), is_drawn, is_judged, middle, lower, upper, changes, silent)


def xmr_limits(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Return middle, lower and upper limit: mean and mean -/+ 2.66 times the mean moving range."""
    if not values:
        return None, None, None
    middle = sum(values) / len(values)
    if len(values) == 1:
        return middle, None, None
    ranges = [abs(later - earlier) for earlier, later in pairwise(values)]
    reach = 2.66 * sum(ranges) / len(ranges)
    return middle, middle - reach, middle + reach


def _silent_because(
    sizes: Sequence[int], middle: float | None, upper: float | None, kind: Kind, is_judged: bool
) -> str | None:
    if kind == "census":
        return "drifting_stock"
    if not is_judged or middle is None or upper is None:
        return "too_few_points"
    if upper - middle <= EPSILON:
        return "no_variation"
    typical = percentile_cont(sizes, 0.5)
    if typical is None or typical < (20 if kind == "share" else 10):
        return "small_n"
    return None


def _changes(
    labels: Sequence[str], values: Sequence[float], middle: float, lower: float, upper: float
) -> list[Change]:
    last = len(values) - 1
    found: list[tuple[Rule, Direction, int, int]] = []
    sides: list[tuple[Direction, float, float]] = [("up", 1.0, upper), ("down", -1.0, lower)]
    for direction, sign, limit in sides:
        beyond = [sign * (value - limit) > EPSILON for value in values]
        side = [sign * (value - middle) > EPSILON for value in values]
        near = [sign * (value - (middle + limit) / 2) > EPSILON for value in values]
        for index, is_beyond in enumerate(beyond):
            if is_beyond:
                found.append(("outside_limits", direction, index, index))
        for end in range(7, len(values)):
            if all(side[end - 7 : end + 1]):
                found.append(("eight_on_one_side", direction, end - 7, end))
        for end in range(3, len(values)):
            window = [index for index in range(end - 3, end + 1) if near[index]]
            if len(window) >= 3:
                found.append(("three_of_four_near_limit", direction, window[0], window[-1]))
    return [
        Change(rule, direction, labels[first], labels[end], end == last)
        for rule, direction, first, end in dict.fromkeys(found)
    ]


# ---------------------------------------------------------------------------------------------
# nothing is not zero, and the status


def null_reason(**holds: bool) -> str:
    """Return the first reason that holds, in the order of ``NULL_REASONS``; ``no_events`` otherwise.

    Raises ``ValueError`` for a reason that the definitions do not know.
    """
    for name in holds:
        if name not in NULL_REASONS:
            raise ValueError(f"{name} is no null reason; use one of {', '.join(NULL_REASONS)}")
    return next((name for name in NULL_REASONS if holds.get(name)), "no_events")


@dataclass(frozen=True)
class Status:
    """The status of one number and, where it cannot be told, why."""

    status: Literal["no_data", "no_target", "cannot_tell", "on_target", "off_target"]
    reason: str | None = None


def status_of(
    value: float | None,
    target: float | None,
    better: Better,
    kind: Kind,
    coverage: float | None,
    interval: Interval | None,
    cautious_interval: Interval | None = None,
    is_source_stale: bool = False,
) -> Status:
    """Return the status: the first of no_data, no_target, cannot_tell, on_target, off_target that holds.

    ``cautious_interval`` replaces a share's ``interval`` where coverage is below 90 %.
    """
    if value is None:
        return Status("no_data")
    if target is None:
        return Status("no_target")
    if coverage is not None and coverage < 0.7:
        return Status("cannot_tell", "low_coverage")
    if is_source_stale:
        return Status("cannot_tell", "stale_source")
    if kind == "duration" and interval is None:
        return Status("cannot_tell", "no_interval")
    if kind == "share" and coverage is not None and coverage < 0.9:
        interval = cautious_interval
    if kind != "census" and interval is not None and interval[0] < target < interval[1]:
        return Status("cannot_tell", "interval_straddles_target")
    reached = value >= target if better == "higher" else value <= target
    return Status("on_target" if reached else "off_target")
