"""KPI 2, delivery predictability: of what was committed at a sprint's start, what was done at its close."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..exports import Issue, Sprint
from ..issues import category_at, life, sprints_at, was_ever_in, why_cancelled, why_not_standard
from ..periods import headline_months
from ..row import Row
from ..statistics import percentile_cont
from ..world import World
from . import cycle_time

KPI = "delivery_predictability"
LOOK_BACK = timedelta(days=90)


def rows(world: World) -> list[Row]:
    """Return a row per issue and sprint, and a row per issue of each team measured by service level."""
    return sprint_rows(world) + service_level_rows(world)


# ---------------------------------------------------------------------------------------------
# by sprint


def activation(sprint: Sprint) -> tuple[datetime | None, bool]:
    """Return when a sprint began, and whether its activation is known (else its start date serves).

    The start date of a sprint that was never started is a plan.
    """
    if sprint.activated_at is not None:
        return sprint.activated_at, True
    return None if sprint.state.lower() == "future" else sprint.start_at, False


def sprint_rows(world: World) -> list[Row]:
    """Return a row for every issue that was in a sprint, up to ``as_of``."""
    sprints = {sprint.sprint_id: sprint for sprint in world.company.sprints}
    found = []
    for issue in sorted(world.company.issues, key=lambda issue: issue.key):
        for sprint_id in sorted(was_ever_in(world, issue)):
            if sprint_id in sprints:
                found.append(_sprint_row(world, issue, sprints[sprint_id]))
    return found


def _sprint_row(world: World, issue: Issue, sprint: Sprint) -> Row:
    began, is_activation_known = activation(sprint)
    is_activation_known = is_activation_known and began is not None and began <= world.as_of
    closed = sprint.completed_at if sprint.completed_at and sprint.completed_at <= world.as_of else None
    row = Row(
        KPI,
        f"{sprint.sprint_id}:{issue.key}",
        started_at=began,
        ended_at=closed,
        occurred_at=closed,
        is_inferred=not is_activation_known,
        team_id=world.team_of_issue(issue, closed or world.as_of),
        method="sprint",
        details={
            "sprint_id": sprint.sprint_id,
            "issue_key": issue.key,
            "is_activation_known": is_activation_known,
            "is_added": False,
            "is_done_at_close": False,
        },
    )
    was_in = began is not None and sprint.sprint_id in sprints_at(world, issue, began)
    had_at = began if was_in and began is not None and began <= world.as_of else closed or world.as_of
    is_of_bot = world.is_of_bot(issue, had_at)
    row.excluded_because = "bot" if is_of_bot else why_not_standard(world, issue)
    if row.excluded_because is not None:
        return row
    if closed is None:
        row.excluded_because = "sprint_not_completed"
        return row
    is_in = sprint.sprint_id in sprints_at(world, issue, closed)
    is_done = category_at(world, issue, closed) == "done" and why_cancelled(world, issue, closed) is None
    row.details["is_done_at_close"] = is_in and is_done
    if began is None:
        row.excluded_because = "sprint_not_completed"
        return row
    was_done = category_at(world, issue, began) == "done"
    if not was_in:
        row.details["is_added"] = is_in
        row.excluded_because = "added_after_start" if is_in else "not_in_sprint_at_start"
    elif was_done:
        row.excluded_because = "done_before_start"
    else:
        row.verdict = "yes" if is_in and is_done else "no"
        row.details["missed_because"] = _miss(world, issue, closed, is_in, is_done)
    return row


def _miss(world: World, issue: Issue, closed: datetime, is_in: bool, is_done: bool) -> str | None:
    if is_in and is_done:
        return None
    if not is_in:
        return "removed"
    if category_at(world, issue, closed) == "done":
        return "cancelled"
    was_done = any(moment <= closed for moment in life(world, issue).reopened_at)
    return "reopened" if was_done else "not_done"


def unplanned_share(rows_of_scope: list[Row]) -> tuple[int, int]:
    """Return (added and done, all done) of the sprint rows of a period and scope."""
    added = sum(1 for row in rows_of_scope if row.details["is_added"] and row.details["is_done_at_close"])
    hits = sum(1 for row in rows_of_scope if row.verdict == "yes" and row.is_counted)
    return added, added + hits


def is_carried_over(row: Row, everywhere: Iterable[Row]) -> bool:
    """Whether a committed item had been committed to in a sprint that closed without it by this one's start.

    It may have been another team's then.
    """
    return row.is_counted and any(
        other.is_counted
        and other.verdict == "no"
        and other.method == row.method == "sprint"
        and other.details["issue_key"] == row.details["issue_key"]
        and other.ended_at is not None
        and row.started_at is not None
        and other.ended_at <= row.started_at
        for other in everywhere
    )


# ---------------------------------------------------------------------------------------------
# by service level


def teams_with_sprints(world: World) -> set[str | None]:
    """Return the teams that had a sprint active in the headline or the 90 days before it."""
    headline = headline_months(world)
    until = headline.end
    since = headline.start - LOOK_BACK
    sprints = {sprint.sprint_id: sprint for sprint in world.company.sprints}
    found: set[str | None] = set()
    for row in sprint_rows(world):
        sprint = sprints[row.details["sprint_id"]]
        began = activation(sprint)[0]
        if row.excluded_because == "bot":
            continue
        if began is None:
            continue
        if began < until and (sprint.completed_at is None or sprint.completed_at >= since):
            found.add(row.team_id)
    return found


def service_level_rows(world: World) -> list[Row]:
    """Return a row per issue of the teams without sprints: at or below the team's own p85, or past it."""
    headline = headline_months(world)
    by_sprint = teams_with_sprints(world)
    cycles = [row for row in cycle_time.rows(world) if row.is_counted and row.team_id not in by_sprint]
    found = []
    for team_id in sorted({row.team_id for row in cycles}, key=str):
        of_team = [row for row in cycles if row.team_id == team_id]
        threshold = percentile_cont(
            [
                row.duration_seconds
                for row in of_team
                if row.duration_seconds is not None
                and row.occurred_at is not None
                and headline.start - LOOK_BACK <= row.occurred_at < headline.start
            ],
            0.85,
        )
        found += [row for cycle in of_team if (row := _service_level_row(world, cycle, threshold))]
    return found


def _service_level_row(world: World, cycle: Row, threshold: float | None) -> Row | None:
    """Judge one issue: in time when it finished, or late at the instant when its age passed the threshold."""
    if cycle.started_at is None or cycle.opens_at is None:
        return None
    row = Row(
        KPI,
        f"service_level:{cycle.subject_id}",
        started_at=cycle.started_at,
        ended_at=cycle.ended_at,
        team_id=cycle.team_id,
        method="service_level",
        details={
            "issue_key": cycle.subject_id,
            "threshold_seconds": threshold,
            "is_added": False,
            "is_done_at_close": False,
        },
    )
    if threshold is None:
        row.excluded_because = "no_threshold"
        return row
    passes_at = cycle.started_at + timedelta(seconds=threshold)
    if cycle.duration_seconds is not None and cycle.duration_seconds <= threshold:
        row.verdict = "yes"
        row.occurred_at = cycle.ended_at
        return row
    if passes_at >= world.as_of:
        row.excluded_because = "within_service_level"
        return row
    row.verdict = "no"
    row.occurred_at = passes_at
    row.details["missed_because"] = "past_service_level"
    return row
