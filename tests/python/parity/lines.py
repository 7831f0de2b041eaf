"""Numbers: one line of the scorecard per KPI, period and scope, from the oracle and from the warehouse."""

from datetime import date
from typing import Any

import duckdb
from oracle.periods import Period, add_months, period
from oracle.scorecard import COMPANY, Line, Scope, kpi, line, periods_of, rows_in_scope, scopes, signal
from oracle.statistics import Signal, Status
from oracle.world import World

Key = tuple[str, date, str, str]
"""Grain, first local day, scope type and scope id as the warehouse writes them."""

MONTHS_OF = {"month": 1, "month_end": 1, "trailing_3_months": 3, "quarter": 3, "trailing_4_quarters": 12}
STATUS_REASONS = {None: None, "interval_straddles_target": "straddles_target"}
"""The warehouse's words for the oracle's, where they differ."""
COLUMNS = (
    "value",
    "null_reason",
    "n",
    "numerator",
    "denominator",
    "p85",
    "interval_low",
    "interval_high",
    "bound_low",
    "bound_high",
    "unknown_count",
    "coverage",
    "coverage_band",
    "immature_count",
    "inferred_count",
    "open_count",
    "open_share",
    "open_oldest_seconds",
    "survival_median",
    "survival_reason",
    "explicit_only_value",
    "target",
    "target_owner",
    "status",
    "status_reason",
    "previous_value",
    "period_end_on",
    "period_start_at",
    "period_end_at",
)
SIGNAL_COLUMNS = ("signal", "signal_reason", "chart_points", "chart_middle", "chart_low", "chart_high")


def warehouse_lines(connection: duckdb.DuckDBPyConnection, key: str) -> dict[Key, dict[str, Any]]:
    """Return the scorecard's rows of a KPI; the signal only where the period is the latest of its grain."""
    cursor = connection.execute(
        f"""
        select period_grain, period_start_on, scope_type, scope_id, {", ".join(COLUMNS)},
            is_latest_period, {", ".join(SIGNAL_COLUMNS)}
        from marts.scorecard where kpi = ?
        """,
        [key],
    )
    found = {}
    for row in cursor.fetchall():
        cells = dict(zip((*COLUMNS, "is_latest_period", *SIGNAL_COLUMNS), row[4:], strict=True))
        if not cells.pop("is_latest_period"):
            cells = {name: cells[name] for name in COLUMNS}
        found[(row[0], row[1], row[2], row[3])] = cells
    return found


def oracle_lines(world: World, key: str, wanted: dict[Key, dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    """Return the oracle's numbers for the keys and columns that the warehouse has."""
    charts: dict[Scope, dict[str, Any]] = {}
    found = {}
    for place, cells in wanted.items():
        scope = scope_of(*place[2:])
        found[place] = _cells(world, line(world, key, period_of(world, place), scope))
        before = period(world, place[0], add_months(place[1], -MONTHS_OF[place[0]]), MONTHS_OF[place[0]])
        # What lies before the first period shown is reckoned by the warehouse for some grains alone.
        if (before.grain, before.start_on, *place[2:]) in wanted:
            found[place]["previous_value"] = line(world, key, before, scope).value
        if SIGNAL_COLUMNS[0] in cells:
            if scope not in charts:
                charts[scope] = _chart(world, key, scope)
            found[place].update(charts[scope])
    return found


def expected_places(world: World, key: str) -> list[Key]:
    """Return the keys of every number that the definitions ask for: scopes with rows, periods shown."""
    return [
        (period.grain, period.start_on, scope.scope_type, _scope_id(scope))
        for scope in scopes(world, key)
        for period in periods_of(world, key)
    ]


def _scope_id(scope: Scope) -> str:
    if scope == COMPANY:
        return "company"
    return f"no_{scope.scope_type}" if scope.scope_id is None else scope.scope_id


def period_of(world: World, place: Any) -> Period:
    """Return the period of a place."""
    grain: Any = place[0]
    return period(world, grain, place[1], MONTHS_OF[place[0]])


def scope_of(scope_type: str, scope_id: str) -> Scope:
    """Return the scope that the warehouse writes so."""
    if scope_type == "company":
        return COMPANY
    nothing = f"no_{scope_type}"
    kind: Any = scope_type
    return Scope(kind, None if scope_id == nothing else scope_id)


def _cells(world: World, found: Line) -> dict[str, Any]:
    """Put a line into the warehouse's columns and units."""
    entry = kpi(found.kpi)
    age, survival, status = found.oldest_open_age, found.survival, found.status
    assert status is not None
    is_null = found.value is None
    return {
        "value": found.value,
        "null_reason": found.null_reason,
        "n": found.n,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "p85": found.p85,
        "interval_low": found.interval[0] if found.interval else None,
        "interval_high": found.interval[1] if found.interval else None,
        "bound_low": found.bounds[0] if found.bounds else None,
        "bound_high": found.bounds[1] if found.bounds else None,
        "unknown_count": found.unknown,
        "coverage": found.coverage,
        "coverage_band": _band(found),
        "immature_count": found.immature,
        "inferred_count": _inferred_count(world, found),
        "open_count": found.open_count,
        "open_share": _open_share(found),
        "open_oldest_seconds": None if age is None else age * entry.seconds_per_unit,
        "survival_median": survival.median if survival else None,
        "survival_reason": survival.null_reason if survival else None,
        "explicit_only_value": None if is_null else found.beside.get("explicit_share"),
        "target": found.target,
        "target_owner": found.owner,
        "status": status.status,
        "status_reason": _status_reason(found, status),
        "period_end_on": found.period.last_day,
        "period_start_at": found.period.start.replace(tzinfo=None),
        "period_end_at": found.period.end.replace(tzinfo=None),
    }


def _band(found: Line) -> str | None:
    """Return how far a number may be believed by its coverage; of no row nothing."""
    if found.coverage is None:
        return None
    # Counts are whole: nine of ten are full, whatever the quotient's last digit.
    share = round(found.coverage, 12)
    return "full" if share >= 0.9 else "caution" if share >= 0.7 else "poor"


def _open_share(found: Line) -> float | None:
    if found.open_count is None or found.open_count + found.n == 0:
        return None
    return found.open_count / (found.open_count + found.n)


def _inferred_count(world: World, found: Line) -> int:
    """Count the rows behind a number that rest on an assumption."""
    return sum(
        1
        for row in rows_in_scope(world, found.kpi, found.scope)
        if found.period.holds(row.occurred_at)
        and row.is_counted
        and not row.is_immature
        and row.is_inferred
        and row.verdict != "unknown"
    )


def _status_reason(found: Line, status: Status) -> str | None:
    if found.value is None:
        return found.null_reason
    if status.status == "no_target":
        return "no_target"
    return STATUS_REASONS.get(status.reason, status.reason)


def _chart(world: World, key: str, scope: Scope) -> dict[str, Any]:
    """Put a process chart into the warehouse's columns; limits only where the chart is drawn."""
    chart = signal(world, key, scope)
    now = chart.now
    return {
        "signal": _direction(key, chart),
        "signal_reason": chart.silent_because or (now.rule if now else "within_limits"),
        "chart_points": chart.points,
        "chart_middle": chart.middle if chart.is_drawn else None,
        "chart_low": chart.lower if chart.is_drawn else None,
        "chart_high": chart.upper if chart.is_drawn else None,
    }


def _direction(key: str, chart: Signal) -> str | None:
    """Return the warehouse's word for what a chart says now."""
    if chart.silent_because == "too_few_points":
        return None
    if chart.silent_because or chart.now is None:
        return "none"
    is_up = chart.now.direction == "up"
    return "improving" if is_up == (kpi(key).better == "higher") else "worsening"
