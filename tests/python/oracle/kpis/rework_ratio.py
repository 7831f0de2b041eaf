"""KPI 8, rework ratio: the share of merged changes that redo earlier work."""

from ..changes import Change, changes
from ..exports import Issue
from ..issues import is_valid_defect, life
from ..row import Row, Verdict
from ..world import World
from .defect_escape import issues_tied_to_incidents

KPI = "rework_ratio"
REASONS_OF_ISSUES = ("defect", "incident_follow_up", "reopened_issue")
"""What a linked issue may make of a change, in the order of the definition, whichever issue it is."""


def rows(world: World) -> list[Row]:
    """Return a row for every pull request merged by ``as_of``, by its merge."""
    return [_row(world, change) for change in changes(world) if change.merged_at is not None]


def _row(world: World, change: Change) -> Row:
    reason = change.why_not_a_change()
    verdict, because = (None, None) if reason else judged(world, change)
    return Row(
        KPI,
        change.change_id,
        verdict=verdict,
        started_at=change.first_work_at,
        ended_at=change.merged_at,
        occurred_at=change.merged_at,
        excluded_because=reason,
        team_id=change.team_id,
        service_id=change.service_id,
        method=change.link_method,
        details={
            "because": because,
            "issue_keys": [issue.key for issue in change.issues],
            "is_reland": change.is_reland,
        },
    )


def judged(world: World, change: Change) -> tuple[Verdict, str]:
    """Return whether a change is rework, and the first thing that says so."""
    if change.is_revert:
        return "yes", "revert"
    if change.is_reland:
        return "no", "reland"
    reworked = {_reworked_issue(world, change, issue) for issue in change.issues}
    for because in REASONS_OF_ISSUES:
        if because in reworked:
            return "yes", because
    if change.is_hotfix:
        return "yes", "hotfix"
    if change.issues:
        return "no", "issue"
    return "unknown", "no_issue"


def _reworked_issue(world: World, change: Change, issue: Issue) -> str | None:
    if is_valid_defect(world, issue):
        return "defect"
    known = world.dictionaries
    is_of_type = known.is_follow_up_type(issue.type_name) or known.is_incident_type(issue.type_name)
    if is_of_type or issue.issue_id in issues_tied_to_incidents(world):
        return "incident_follow_up"
    if any(moment < change.first_work_at for moment in life(world, issue).reopened_at):
        return "reopened_issue"
    return None
