"""The scorecard: for every KPI, period and scope the number and all that stands beside it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from .dictionaries import Source
from .exports import day
from .kpis import (
    change_failure_rate,
    cycle_time,
    defect_escape,
    delivery_predictability,
    key_person_concentration,
    lead_time,
    outcome_linked_work,
    rework_ratio,
    roadmap_accuracy,
    time_to_restore,
)
from .periods import Period, complete_months, complete_quarters, headline_months, headline_quarters
from .row import Row
from .statistics import (
    AtRisk,
    Better,
    ChartPoint,
    Interval,
    Kind,
    ShareSummary,
    Signal,
    Status,
    SurvivalMedian,
    kaplan_meier_median,
    null_reason,
    percentile_cont,
    process_chart,
    status_of,
    summarise_durations,
    summarise_outcome_share,
    summarise_share,
)
from .world import World

ScopeType = Literal["company", "team", "service"]
OPEN_SHARE_FOR_SURVIVAL = 0.10


@dataclass(frozen=True)
class Kpi:
    """What the catalog says of a KPI."""

    key: str
    kind: Kind
    unit: str
    seconds_per_unit: float
    better: Better
    rows: Callable[[World], list[Row]]


KPIS = (
    Kpi("lead_time", "duration", "hours", 3600.0, "lower", lead_time.rows),
    Kpi("delivery_predictability", "share", "share", 1.0, "higher", delivery_predictability.rows),
    Kpi("cycle_time", "duration", "days", 86400.0, "lower", cycle_time.rows),
    Kpi("key_person_concentration", "census", "share", 1.0, "lower", key_person_concentration.rows),
    Kpi("change_failure_rate", "share", "share", 1.0, "lower", change_failure_rate.rows),
    Kpi("time_to_restore", "duration", "minutes", 60.0, "lower", time_to_restore.rows),
    Kpi("defect_escape", "share", "share", 1.0, "lower", defect_escape.rows),
    Kpi("rework_ratio", "share", "share", 1.0, "lower", rework_ratio.rows),
    Kpi("outcome_linked_work", "share", "share", 1.0, "higher", outcome_linked_work.rows),
    Kpi("roadmap_accuracy", "share", "share", 1.0, "higher", roadmap_accuracy.rows),
)


def kpi(key: str) -> Kpi:
    """Return a KPI's entry; raises ``KeyError`` for a key that is none."""
    for entry in KPIS:
        if entry.key == key:
            return entry
    raise KeyError(key)


@dataclass(frozen=True)
class Scope:
    """The company, or one team or service; ``scope_id`` is ``None`` for the company and for "no team"."""

    scope_type: ScopeType = "company"
    scope_id: str | None = None

    def holds(self, row: Row) -> bool:
        """Whether a row belongs to the scope."""
        return _is_in(self, row.team_id, row.service_id)


def _is_in(scope: Scope, team_id: str | None, service_id: str | None) -> bool:
    if scope.scope_type == "company":
        return True
    return (team_id if scope.scope_type == "team" else service_id) == scope.scope_id


COMPANY = Scope()


@dataclass
class Line:
    """One number of the scorecard, in the KPI's unit."""

    kpi: str
    period: Period
    scope: Scope
    value: float | None = None
    null_reason: str | None = None
    numerator: int | None = None
    denominator: int | None = None
    n: int = 0
    unknown: int = 0
    p85: float | None = None
    interval: Interval | None = None
    bounds: Interval | None = None
    coverage: float | None = None
    open_count: int | None = None
    oldest_open_age: float | None = None
    survival: SurvivalMedian | None = None
    immature: int = 0
    exclusions: Counter[str] = field(default_factory=Counter)
    target: float | None = None
    owner: str | None = None
    status: Status | None = None
    cautious_interval: Interval | None = None
    beside: dict[str, Any] = field(default_factory=dict)


def line(world: World, key: str, period: Period, scope: Scope = COMPANY) -> Line:
    """Return one number with all that stands beside it, reckoned once in a world."""
    return world.once(f"{key} of {scope} in {period}", lambda: _line(world, key, period, scope))


def _line(world: World, key: str, period: Period, scope: Scope) -> Line:
    entry = kpi(key)
    rows = rows_in_scope(world, key, scope)
    found = Line(key, period, scope)
    in_period = [row for row in rows if period.holds(row.occurred_at)]
    counted = [row for row in in_period if row.is_counted and not row.is_immature]
    found.immature = sum(1 for row in in_period if row.is_counted and row.is_immature)
    found.exclusions = Counter(row.excluded_because for row in in_period if row.excluded_because)
    if entry.kind == "duration":
        _measure_durations(found, entry, rows, counted)
    else:
        _measure_share(found, entry, counted)
    _explain_null(world, found, entry, rows, counted)
    found.beside.update(_beside(world, found, rows, in_period, counted))
    _judge(world, found, entry)
    return found


def rows_of(world: World, key: str) -> list[Row]:
    """Return a KPI's rows, made once in a world."""
    return world.once(f"rows of {key}", lambda: kpi(key).rows(world))


def rows_in_scope(world: World, key: str, scope: Scope) -> list[Row]:
    """Return a KPI's rows of a scope, made once in a world."""
    return world.once(f"rows of {key} in {scope}", lambda: _rows_in(world, key, scope))


def _rows_in(world: World, key: str, scope: Scope) -> list[Row]:
    return [row for row in rows_of(world, key) if scope.holds(row) and _is_of_method(world, key, row, scope)]


def _is_of_method(world: World, key: str, row: Row, scope: Scope) -> bool:
    """Whether a predictability row is of the method by which its scope is measured; never both."""
    if key != "delivery_predictability":
        return True
    by_sprint = world.once("teams with sprints", lambda: delivery_predictability.teams_with_sprints(world))
    uses_sprints = bool(by_sprint) if scope.scope_type != "team" else scope.scope_id in by_sprint
    return row.method == ("sprint" if uses_sprints else "service_level")


# ---------------------------------------------------------------------------------------------
# durations and shares


def _measure_durations(found: Line, entry: Kpi, rows: Sequence[Row], counted: Sequence[Row]) -> None:
    durations = [row.duration_seconds for row in counted if row.duration_seconds is not None]
    values = [seconds / entry.seconds_per_unit for seconds in durations]
    summary = summarise_durations(values, sum(1 for row in counted if row.verdict == "unknown"))
    found.value, found.p85, found.interval = summary.median, summary.p85, summary.interval
    found.n, found.unknown, found.coverage = summary.n, summary.unknown, summary.coverage
    still_open = open_rows(rows, found.period.end)
    found.open_count = len(still_open)
    ages = [_age(row, found.period.end) / entry.seconds_per_unit for row in still_open]
    found.oldest_open_age = max(ages, default=None)
    if still_open and len(still_open) / (found.n + len(still_open)) > OPEN_SHARE_FOR_SURVIVAL:
        items = at_risk(rows, found.period, entry.seconds_per_unit)
        found.survival = kaplan_meier_median(items)


def open_rows(rows: Sequence[Row], at: datetime) -> list[Row]:
    """Return the rows that were open at an instant: begun before it, not ended before it."""
    return [
        row
        for row in rows
        if row.is_counted
        and row.opens_at is not None
        and row.opens_at < at
        and (row.ended_at is None or row.ended_at >= at)
    ]


def _age(row: Row, at: datetime) -> float:
    assert row.started_at is not None
    return (at - row.started_at).total_seconds()


def at_risk(rows: Sequence[Row], period: Period, seconds_per_unit: float = 1.0) -> list[AtRisk]:
    """Return every row at risk in a period, by its ages when it enters and leaves observation."""
    items = []
    for row in open_rows(rows, period.end):
        items.append(AtRisk(_entry(row, period), _age(row, period.end), False))
    for row in rows:
        if row.is_counted and row.opens_at is not None and period.holds(row.ended_at):
            assert row.ended_at is not None
            items.append(AtRisk(_entry(row, period), _age(row, row.ended_at), True))
    return [
        AtRisk(item.entry / seconds_per_unit, item.exit / seconds_per_unit, item.finished) for item in items
    ]


def _entry(row: Row, period: Period) -> float:
    return max(0.0, _age(row, period.start))


def _measure_share(found: Line, entry: Kpi, counted: Sequence[Row]) -> None:
    summary = share_of(entry.key, counted)
    found.value, found.n, found.unknown = summary.value, summary.n, summary.unknown
    found.numerator, found.denominator = summary.yes, summary.n
    found.bounds, found.coverage = summary.bounds, summary.coverage
    found.cautious_interval = summary.cautious_interval
    found.interval = None if entry.kind == "census" else summary.interval


def share_of(key: str, counted: Sequence[Row]) -> ShareSummary:
    """Pool the verdicts of counted rows."""
    verdicts = Counter(row.verdict for row in counted)
    if key == "outcome_linked_work":
        changes = sum(1 for row in counted if row.method == "change")
        return summarise_outcome_share(verdicts["yes"], len(counted) - changes, changes)
    return summarise_share(verdicts["yes"], verdicts["no"], verdicts["unknown"])


# ---------------------------------------------------------------------------------------------
# nothing is not zero


def _explain_null(world: World, found: Line, entry: Kpi, rows: Sequence[Row], counted: Sequence[Row]) -> None:
    sources = source_state(world, entry.key, found.period)
    is_loaded, is_covering = sources.is_loaded, sources.is_covering
    pre_release = sum(1 for row in counted if row.verdict == "no")
    is_below = entry.key == "defect_escape" and pre_release < world.settings.defect_escape_min_pre_release
    has_baseline = entry.key != "roadmap_accuracy" or any(
        roadmap_accuracy.lists_anything(world, quarter.label) for quarter in quarters_of(world, found.period)
    )
    has_sources = is_loaded and is_covering and has_baseline
    if found.value is not None and has_sources and not is_below:
        return
    reason = null_reason(
        source_not_loaded=not is_loaded,
        source_not_covering=is_loaded and not is_covering,
        no_baseline=not has_baseline,
        immature=found.immature > 0 and not counted,
        below_min_n=is_below,
        all_unknown=bool(counted) and all(row.verdict == "unknown" for row in counted),
        none_finished=not counted and bool(open_rows(rows, found.period.end)),
    )
    found.value = found.p85 = found.interval = found.bounds = None
    if reason != "none_finished":
        found.survival = None
    found.null_reason = reason


@dataclass(frozen=True)
class SourceState:
    """Whether what a KPI needs is loaded, covers a period, and has fallen behind."""

    is_loaded: bool
    is_covering: bool
    is_stale: bool


def source_state(world: World, key: str, period: Period) -> SourceState:
    """Judge the sources of a KPI: each requirement by the best of those that stand in for each other."""
    return world.once(f"sources of {key} in {period}", lambda: _source_state(world, key, period))


def _source_state(world: World, key: str, period: Period) -> SourceState:
    by_requirement: dict[str, list[Source]] = {}
    for source in world.dictionaries.sources:
        if source.kpi == key:
            by_requirement.setdefault(source.requirement, []).append(source)
    loaded, covering, stale = [], [], []
    for sources in by_requirement.values():
        there = [source for source in sources if is_loaded(world, source)]
        is_optional = all(source.needs == "span_if_loaded" for source in sources)
        loaded.append(bool(there) or is_optional)
        covering.append(any(covers(world, source, period) for source in there) or not there)
        stale.append(bool(there) and all(is_stale(world, source) for source in there))
    return SourceState(all(loaded), all(covering), any(stale))


def is_loaded(world: World, source: Source) -> bool:
    """Whether every object of a source was loaded."""
    return {f"{source.tool}.{name}" for name in source.objects} <= world.company.loaded


def covers(world: World, source: Source, period: Period) -> bool:
    """Whether a source's export covers what a KPI needs of a period; of a month's end, that instant."""
    if source.needs == "loaded":
        return True
    covers_from, covers_to = world.company.covers.get(source.tool, (None, None))
    begin = period.end if period.grain == "month_end" else period.start
    starts = source.needs == "end" or covers_from is None or covers_from <= begin
    return starts and (covers_to is None or covers_to >= period.end)


def is_stale(world: World, source: Source) -> bool:
    """Whether a source lies more days behind ``as_of`` than it may."""
    covers_to = world.company.covers.get(source.tool, (None, None))[1]
    if covers_to is None or source.stale_after_days is None:
        return False
    return world.as_of - covers_to > timedelta(days=source.stale_after_days)


def quarters_of(world: World, period: Period) -> list[Period]:
    """Return the complete quarters within a period."""
    return [
        quarter
        for quarter in complete_quarters(world, 60)
        if period.start <= quarter.start and quarter.end <= period.end
    ]


# ---------------------------------------------------------------------------------------------
# target, status, signal


def target_of(world: World, key: str, period: Period, scope: Scope) -> tuple[float | None, str | None]:
    """Return target and owner: the latest ``from_on`` on or before the period's last day."""
    latest = None
    for row in world.company.sheet("targets"):
        from_on = day(row.get("from_on"))
        if row["kpi"] != key or (row.get("scope_type") or "company") != scope.scope_type:
            continue
        if row.get("scope_id") != scope.scope_id or from_on is None or from_on > period.last_day:
            continue
        if latest is None or from_on >= latest[0]:
            latest = (from_on, row.get("target"), row.get("owner"))
    if latest is None:
        return None, None
    return (None if latest[1] is None else float(latest[1])), latest[2]


def _judge(world: World, found: Line, entry: Kpi) -> None:
    found.target, found.owner = target_of(world, entry.key, found.period, found.scope)
    found.status = status_of(
        found.value,
        found.target,
        entry.better,
        entry.kind,
        found.coverage,
        found.interval,
        found.cautious_interval,
        source_state(world, entry.key, found.period).is_stale,
    )


def signal(world: World, key: str, scope: Scope = COMPANY) -> Signal:
    """Return the process-behaviour chart of a KPI over up to 24 complete periods."""
    entry = kpi(key)
    periods = complete_quarters(world, 24) if key == "roadmap_accuracy" else complete_months(world, 24)
    if entry.kind == "census":
        periods = periods_of(world, key)
    lines = [line(world, key, period, scope) for period in periods]
    return process_chart([ChartPoint(item.period.label, item.value, item.n) for item in lines], entry.kind)


# ---------------------------------------------------------------------------------------------
# what stands beside


def _beside(
    world: World, found: Line, rows: Sequence[Row], in_period: Sequence[Row], counted: Sequence[Row]
) -> dict[str, Any]:
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "lead_time": lambda: _beside_lead_time(world, found, counted),
        "delivery_predictability": lambda: _beside_predictability(in_period),
        "cycle_time": lambda: _beside_cycle_time(rows, found),
        "key_person_concentration": lambda: _beside_concentration(world, found),
        "change_failure_rate": lambda: _beside_failures(counted),
        "time_to_restore": lambda: _beside_restoring(in_period, counted),
        "defect_escape": lambda: {"severe_escaped": _severe_escaped(counted)},
        "outcome_linked_work": lambda: _beside_outcomes(world, counted),
        "roadmap_accuracy": lambda: _beside_roadmap(world, found, counted),
    }
    return makers.get(found.kpi, dict)()


def _beside_lead_time(world: World, found: Line, counted: Sequence[Row]) -> dict[str, Any]:
    pushed = [
        commit
        for commit in lead_time.changes_without_review(world)
        if found.period.holds(commit.reached_at) and _is_in(found.scope, commit.team_id, commit.service_id)
    ]
    stages = [row.details["stages"] for row in counted if row.duration_seconds is not None]
    medians = {name: percentile_cont([stage[name] for stage in stages], 0.5) for name in lead_time.STAGES}
    return {"changes_without_review": len(pushed), "stage_medians_seconds": medians}


def _beside_predictability(in_period: Sequence[Row]) -> dict[str, Any]:
    added, done = delivery_predictability.unplanned_share(list(in_period))
    return {"unplanned": added, "done": done, "unplanned_share": added / done if done else None}


def _beside_cycle_time(rows: Sequence[Row], found: Line) -> dict[str, Any]:
    since = found.period.end - delivery_predictability.LOOK_BACK
    before = [
        row.duration_seconds
        for row in rows
        if row.is_counted
        and row.duration_seconds is not None
        and row.occurred_at is not None
        and since <= row.occurred_at < found.period.end
    ]
    threshold = percentile_cont(before, 0.85)
    ages = [_age(row, found.period.end) for row in open_rows(rows, found.period.end)]
    ageing = None if threshold is None else sum(1 for age in ages if age > threshold)
    return {"ageing": ageing, "ageing_threshold_days": None if threshold is None else threshold / 86400}


def _beside_concentration(world: World, found: Line) -> dict[str, Any]:
    if found.scope.scope_type == "team":
        return {}
    beside = key_person_concentration.concentration(world, found.period, found.scope.scope_id)
    return {
        "truck_factor": beside.truck_factor,
        "files_without_current_author": beside.files_without_current_author,
        "absence_factor": beside.absence_factor,
    }


def _beside_failures(counted: Sequence[Row]) -> dict[str, Any]:
    known = [row for row in counted if row.verdict in ("yes", "no")]
    explicit = sum(1 for row in known if row.details["explicit"])
    return {"explicit": explicit, "explicit_share": explicit / len(known) if known else None}


def _beside_restoring(in_period: Sequence[Row], counted: Sequence[Row]) -> dict[str, Any]:
    minutes = [row.duration_seconds / 60 for row in counted if row.duration_seconds is not None]
    recovery = [
        row.duration_seconds / 60
        for row in counted
        if row.duration_seconds is not None and row.details["is_deployment_blamed"]
    ]
    return {
        "episodes": len(minutes),
        "impact_hours": sum(minutes) / 60,
        "longest_minutes": max(minutes, default=None),
        "transients": sum(1 for row in in_period if row.excluded_because == "transient"),
        "recovery_n": len(recovery),
        "recovery_median_minutes": percentile_cont(recovery, 0.5),
    }


def _severe_escaped(counted: Sequence[Row]) -> int:
    return sum(1 for row in counted if row.verdict == "yes" and row.details["is_severe"])


def _beside_outcomes(world: World, counted: Sequence[Row]) -> dict[str, Any]:
    rows = list(counted)
    issues = [row for row in rows if row.method == "issue"]
    running = sum(1 for row in issues if row.details["is_keeping_the_lights_on"])
    deals, amounts = outcome_linked_work.deals_linked(world, rows)
    return {
        "keeping_the_lights_on_share": running / len(issues) if issues else None,
        "largest_outcome_share": outcome_linked_work.largest_outcome_share(rows),
        "deals": deals,
        "amounts": amounts,
    }


def _beside_roadmap(world: World, found: Line, counted: Sequence[Row]) -> dict[str, Any]:
    missing = [
        quarter.label
        for quarter in quarters_of(world, found.period)
        if not roadmap_accuracy.lists_anything(world, quarter.label)
    ]
    return {
        "median_slip_days": roadmap_accuracy.median_slip(list(counted)),
        "quarters_without_baseline": missing,
        "missed_because": Counter(row.details["missed_because"] for row in counted if row.verdict == "no"),
    }


# ---------------------------------------------------------------------------------------------
# the whole


def scopes(world: World, key: str) -> list[Scope]:
    """Return the company, every team (and "no team") and every service that a KPI's rows belong to.

    What nobody had begun before the last period ended is in no period yet.
    """
    ends = {period.end for period in periods_of(world, key)}
    rows = [
        row
        for row in rows_of(world, key)
        if row.is_counted and (row.occurred_at is not None or any(open_rows([row], end) for end in ends))
    ]
    of_method = [row for row in rows if _is_of_method(world, key, row, Scope("team", row.team_id))]
    teams = sorted({row.team_id for row in of_method}, key=lambda name: (name is None, name or ""))
    services = sorted({row.service_id for row in rows if row.service_id is not None})
    return [
        COMPANY,
        *(Scope("team", team) for team in teams),
        *(Scope("service", service) for service in services),
    ]


def periods_of(world: World, key: str) -> list[Period]:
    """Return the periods that a KPI shows: twelve months (or quarters), then the headline."""
    if key == "roadmap_accuracy":
        return [*complete_quarters(world, 12), headline_quarters(world)]
    if key == "key_person_concentration":
        return complete_months(world, key_person_concentration.MONTHS_SHOWN, "month_end")
    return [*complete_months(world, 12), headline_months(world)]


def scorecard(world: World, keys: Sequence[str] | None = None) -> list[Line]:
    """Return every number for every KPI, period and scope."""
    return [
        line(world, key, period, scope)
        for key in (keys or [entry.key for entry in KPIS])
        for scope in scopes(world, key)
        for period in periods_of(world, key)
    ]


def page(world: World) -> list[Line]:
    """Return the ten headline numbers of the company."""
    return [line(world, entry.key, periods_of(world, entry.key)[-1]) for entry in KPIS]
