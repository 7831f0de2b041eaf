"""The figures that stand beside the numbers, as `docs/decisions.md` and their dictionary say what each is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from .kpis import delivery_predictability, key_person_concentration
from .row import Row
from .scorecard import COMPANY, Line, open_rows, rows_in_scope, rows_of
from .world import World

HOUR = 3600
Figures = dict[tuple[str, str | None], float | None]
"""By figure and what it is broken down by; ``None`` where there is nothing to say."""
NONE_IS_ZERO = {
    "changes_without_review",
    "episodes",
    "total_impact",
    "open_episodes",
    "transient_episodes",
    "severe_escaped_defects",
    "linked_deals",
    "added_after_baseline",
    "aspirational",
}
"""Figures of which none is 0, wherever the KPI's rows have a team (a service) at all."""
OF_COUNTED_ROWS = {"linked_deals"}
"""Figures that look at each counted row, so that none of them is 0 however little is known of teams."""
WITHHOLDING = ("no_baseline", "immature")
"""Reasons for which a KPI has no number, and what stands beside it neither."""
OF_OWN_SOURCES = {"changes_without_review"}
"""Figures that do not rest on what the KPI rests on."""


def figures_beside(world: World, found: Line) -> Figures:
    """Return the figures beside a number, of those that are reckoned here."""
    rows = rows_in_scope(world, found.kpi, found.scope)
    everywhere = rows_in_scope(world, found.kpi, COMPANY)
    beside = found.beside
    in_period = [row for row in rows if found.period.holds(row.occurred_at)]
    counted = [row for row in in_period if row.is_counted and not row.is_immature]
    makers: dict[str, Callable[[], dict[str, float | None]]] = {
        "lead_time": lambda: {
            **{f"{stage}_median": _hours(value) for stage, value in beside["stage_medians_seconds"].items()},
            "changes_without_review": beside["changes_without_review"],
        },
        "delivery_predictability": lambda: _predictability(everywhere, in_period, counted),
        "cycle_time": lambda: {
            "ageing_in_progress": beside["ageing"],
            "ageing_threshold": beside["ageing_threshold_days"],
        },
        "time_to_restore": lambda: _restoring(found, rows, in_period, counted),
        "defect_escape": lambda: {"severe_escaped_defects": beside["severe_escaped"]},
        "outcome_linked_work": lambda: _outcomes(counted),
        "roadmap_accuracy": lambda: {
            "median_slip": beside["median_slip_days"],
            "added_after_baseline": _left_out(in_period, "added_after_baseline"),
            "aspirational": _left_out(in_period, "aspirational"),
        },
    }
    made: Figures = {
        (name, None): _shown(world, found, name, value, has_rows=bool(counted))
        for name, value in makers.get(found.kpi, dict)().items()
    }
    if found.kpi == "roadmap_accuracy":
        misses: Counter[str] = beside["missed_because"]
        made |= {("misses", reason): count for reason, count in misses.items()}
    if found.kpi == "key_person_concentration" and found.null_reason is None:
        made |= _concentration(world, found, counted)
    if found.kpi == "outcome_linked_work" and found.null_reason not in WITHHOLDING:
        made |= {("linked_deal_amount", currency): amount for currency, amount in beside["amounts"].items()}
    return made


def _shown(world: World, found: Line, name: str, value: float | None, *, has_rows: bool) -> float | None:
    """Return a figure, or ``None`` where its KPI withholds it or where none would say too much."""
    if found.null_reason in WITHHOLDING and name not in OF_OWN_SOURCES:
        return None
    if name in OF_COUNTED_ROWS and has_rows:
        return value
    if value == 0 and name in NONE_IS_ZERO and not _has_scope_type(world, found):
        return None
    return value


def _has_scope_type(world: World, found: Line) -> bool:
    """Whether what the KPI looks at ever has a team, if the number is a team's, or a service."""
    if found.scope.scope_type == "company":
        return True
    rows = [row for row in rows_of(world, found.kpi) if row.occurred_at is not None]
    of_team = found.scope.scope_type == "team"
    return any((row.team_id if of_team else row.service_id) is not None for row in rows)


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / HOUR


def _left_out(rows: Sequence[Row], reason: str) -> int:
    return sum(1 for row in rows if row.excluded_because == reason)


def _predictability(
    everywhere: Sequence[Row], in_period: Sequence[Row], counted: Sequence[Row]
) -> dict[str, float | None]:
    of_sprints = [row for row in counted if row.method == "sprint"]
    in_sprints = [row for row in in_period if row.method == "sprint"]
    added, done = delivery_predictability.unplanned_share(in_sprints)
    carried = [row for row in of_sprints if delivery_predictability.is_carried_over(row, everywhere)]
    return {
        "unplanned_share": added / done if done else None,
        "carried_over": len(carried) if of_sprints else None,
    }


def _restoring(
    found: Line, rows: Sequence[Row], in_period: Sequence[Row], counted: Sequence[Row]
) -> dict[str, float | None]:
    beside = found.beside
    longest, end = beside["longest_minutes"], found.period.end
    still_open = open_rows(rows, end)
    ages = [(end - row.opens_at).total_seconds() / HOUR for row in still_open if row.opens_at is not None]
    return {
        "episodes": beside["episodes"],
        "total_impact": beside["impact_hours"],
        "longest_episode": None if longest is None else longest / 60,
        "open_episodes": len(still_open),
        "oldest_open_episode": max(ages, default=None),
        "transient_episodes": _left_out(in_period, "transient"),
        "failed_deployment_recovery": beside["recovery_median_minutes"],
    }


def _concentration(world: World, found: Line, counted: Sequence[Row]) -> Figures:
    known = [row for row in counted if row.verdict != "unknown"]
    services = sorted({row.service_id for row in known if row.service_id is not None})
    of_service = {
        service_id: key_person_concentration.concentration(world, found.period, service_id)
        for service_id in services
    }
    return {
        **{("truck_factor", service_id): beside.truck_factor for service_id, beside in of_service.items()},
        **{
            ("contributor_absence_factor", service_id): beside.absence_factor
            for service_id, beside in of_service.items()
            if beside.absence_factor is not None
        },
        ("files_without_current_author", None): sum(1 for row in known if not row.details["current_authors"]),
    }


def _outcomes(counted: Sequence[Row]) -> dict[str, float | None]:
    running = sum(1 for row in counted if row.details["is_keeping_the_lights_on"])
    linked: Counter[tuple[str, str]] = Counter()
    for row in counted:
        linked.update({(tie.outcome_type, tie.outcome_id) for tie in row.details["ties"]})
    return {
        "keeping_the_lights_on": running / len(counted) if counted else None,
        "largest_outcome_share": max(linked.values(), default=0) / len(counted) if counted else None,
        "linked_deals": sum(1 for kind, _ in linked if kind == "deal"),
    }
