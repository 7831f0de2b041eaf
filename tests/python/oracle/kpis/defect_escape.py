"""KPI 7, defect escape: the share of valid defects that were found in production."""

import re
from typing import Any

from ..changes import issue_keys, keys_in
from ..exports import Issue
from ..issues import is_defect, life, why_cancelled
from ..row import Row, Verdict
from ..world import World

KPI = "defect_escape"


def rows(world: World) -> list[Row]:
    """Return a row for every defect created by ``as_of``."""
    with_incident = issues_tied_to_incidents(world)
    return [
        _row(world, issue, with_incident)
        for issue in sorted(world.company.issues, key=lambda issue: issue.key)
        if issue.created_at <= world.as_of and is_defect(world, issue)
    ]


def _row(world: World, issue: Issue, with_incident: set[str]) -> Row:
    verdict, because = where_found(world, issue, with_incident)
    reason = why_cancelled(world, issue, world.as_of)
    severity = option_text(issue.fields.get(world.settings.jira_severity_field))
    found_in = option_text(issue.fields.get(world.settings.jira_found_in_field))
    priority = option_text(issue.fields.get("priority"))
    return Row(
        KPI,
        issue.key,
        verdict=verdict,
        started_at=issue.created_at,
        ended_at=issue.created_at,
        occurred_at=issue.created_at,
        excluded_because=None if reason == "wont_do" else reason,
        team_id=world.team_of_issue(issue, life(world, issue).finished_at or world.as_of),
        details={
            "because": because,
            "is_severe": world.dictionaries.is_severe(severity, priority),
            "found_in": found_in,
            "stage": world.dictionaries.found_in_stage(found_in),
            "severity": severity,
        },
    )


def where_found(world: World, issue: Issue, with_incident: set[str]) -> tuple[Verdict, str]:
    """Return whether a defect escaped, and what says so."""
    value = option_text(issue.fields.get(world.settings.jira_found_in_field))
    stage = world.dictionaries.found_in_stage(value)
    if stage is not None:
        return ("yes" if stage == "production" else "no"), "found_in"
    if issue.issue_id in with_incident:
        return "yes", "incident"
    if world.dictionaries.is_outside_reporter(issue.reporter):
        return "yes", "reporter"
    return "unknown", "nothing_says"


def option_text(value: Any) -> str | None:
    """Return the text of a custom field: plain, an option object, or the first of several."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("value") or value.get("name")
    return (None if value is None else str(value).strip()) or None


def issues_tied_to_incidents(world: World) -> set[str]:
    """Return the ids of the issues tied to an incident.

    An incident names them, or they name an incident by id or address, or they are linked to an incident's
    ticket.
    """

    def tied() -> set[str]:
        keys = issue_keys(world)
        found: set[str] = set()
        incidents = [incident for incident in world.company.incidents if incident.created_at <= world.as_of]
        for incident in incidents:
            for text in (incident.title, incident.description, *incident.custom_fields.values()):
                found |= {issue.issue_id for issue in keys_in(text, keys)}
        names = {incident.incident_id for incident in incidents}
        for issue in world.company.issues:
            words = set(re.findall(r"[A-Za-z0-9]+", f"{issue.summary} {issue.description}"))
            linked = [keys[key.upper()] for key in issue.linked_keys if key.upper() in keys]
            by_ticket = any(world.dictionaries.is_incident_type(other.type_name) for other in linked)
            if words & names or by_ticket:
                found.add(issue.issue_id)
        return found

    return world.once("issues_tied_to_incidents", tied)
