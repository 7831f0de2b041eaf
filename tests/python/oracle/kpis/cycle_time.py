"""KPI 3, cycle time: an issue from its first entry into progress to its last arrival in done."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..exports import Issue
from ..issues import life, why_closed_undelivered, why_not_standard
from ..row import Row, seconds_between
from ..statistics import percentile_cont
from ..world import World

KPI = "cycle_time"
DAY = 86400
LOOK_BACK = timedelta(days=90)


def rows(world: World) -> list[Row]:
    """Return a row for every issue created by ``as_of``; durations in seconds."""
    return [
        _row(world, issue)
        for issue in sorted(world.company.issues, key=lambda issue: issue.key)
        if issue.created_at <= world.as_of
    ]


def _row(world: World, issue: Issue) -> Row:
    way = life(world, issue)
    row = Row(
        KPI,
        issue.key,
        started_at=way.started_at,
        ended_at=way.finished_at,
        occurred_at=way.finished_at,
        is_inferred=way.is_finish_inferred,
        team_id=world.team_of_issue(issue, way.finished_at or world.as_of),
        details={
            "is_history_complete": issue.is_history_complete,
            "type_name": issue.type_name,
            "created_at": issue.created_at,
        },
    )
    row.excluded_because = why_left_out(world, issue)
    if row.excluded_because is not None:
        return row
    if way.finished_at is not None and way.started_at is None:
        row.verdict = "unknown"
    elif way.finished_at is not None and way.started_at is not None:
        row.duration_seconds = seconds_between(way.started_at, way.finished_at)
        row.opens_at = way.started_at
        if row.duration_seconds < 0:
            row.excluded_because = "negative_duration"
            row.opens_at = None
    elif way.category is None:
        row.excluded_because = "status_without_category"
    elif not issue.is_history_complete or (way.started_at is None and way.category == "in_progress"):
        row.excluded_because = "start_unknown"
    elif way.started_at is None:
        row.excluded_because = "not_started"
    elif way.is_back_in_todo:
        row.excluded_because = "back_in_todo"
    else:
        row.is_open = True
        row.opens_at = way.started_at
    return row


def ageing_threshold_days(rows_of_company: Iterable[Row], until: datetime) -> float | None:
    """Return the p85 in days of what was finished in the 90 days up to an instant."""
    finished = [
        row.duration_seconds / DAY
        for row in rows_of_company
        if row.is_counted
        and row.duration_seconds is not None
        and row.occurred_at is not None
        and until - LOOK_BACK <= row.occurred_at <= until
    ]
    return percentile_cont(finished, 0.85)


def why_left_out(world: World, issue: Issue) -> str | None:
    """Return why an issue is no delivered standard issue of a person, whatever its state."""
    if world.is_of_bot(issue, life(world, issue).finished_at or world.as_of):
        return "bot"
    return why_not_standard(world, issue) or why_closed_undelivered(world, issue)
