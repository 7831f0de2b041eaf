"""What an issue's changelog tells: statuses held, work started and finished, fields at an instant."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from .exports import FieldChange, Issue
from .world import World


@dataclass(frozen=True)
class StatusStay:
    """A status held from an instant on; ``category`` is todo, in_progress or done."""

    from_at: datetime
    status: str
    category: str


@dataclass(frozen=True)
class Life:
    """An issue's way through its workflow, as it is known at ``as_of``."""

    stays: tuple[StatusStay, ...]
    started_at: datetime | None
    finished_at: datetime | None
    reopened_at: tuple[datetime, ...]
    is_start_known: bool
    is_back_in_todo: bool


def life(world: World, issue: Issue) -> Life:
    """Follow an issue's statuses: first entry into progress, start of the last stay in done."""
    stays = _stays(world, issue)
    started = next((stay.from_at for stay in stays if stay.category == "in_progress"), None)
    finished = None
    for stay in reversed(stays):
        if stay.category != "done":
            break
        finished = stay.from_at
    reopened = tuple(
        after.from_at
        for before, after in pairwise(stays)
        if before.category == "done" and after.category != "done"
    )
    is_known = issue.is_history_complete and started is not None
    return Life(
        stays=tuple(stays),
        started_at=started if is_known else None,
        finished_at=finished,
        reopened_at=reopened,
        is_start_known=is_known,
        is_back_in_todo=bool(stays) and stays[-1].category == "todo",
    )


def _stays(world: World, issue: Issue) -> list[StatusStay]:
    moves = [change for change in issue.changes if change.field.lower() == "status"]
    if moves:
        first_id, first_name = moves[0].from_id, moves[0].from_text or ""
    else:
        first_id, first_name = issue.status_id, issue.status_name
    held = [(issue.created_at, first_id, first_name)]
    held += [(move.at, move.to_id, move.to_text or "") for move in moves]
    return [
        StatusStay(at, name, status_category(world, issue, identifier, name))
        for at, identifier, name in held
        if at <= world.as_of
    ]


def status_category(world: World, issue: Issue, status_id: str | None, name: str) -> str:
    """Return todo, in_progress or done for a status.

    The tool's list of statuses says it, else the issue's own status, else the dictionary of names.
    """
    listed = world.company.status_categories
    key = listed.get(status_id or "", ("", ""))[1]
    if not key:
        key = next((category for text, category in listed.values() if text.lower() == name.lower()), "")
    if not key and name == issue.status_name:
        key = issue.status_category or ""
    said = {"new": "todo", "indeterminate": "in_progress", "done": "done"}.get(key)
    return said or world.dictionaries.status_category(name) or "todo"


def category_at(world: World, issue: Issue, at: datetime) -> str | None:
    """Return the category held at an instant (what happens at it is included), ``None`` before creation."""
    held = [stay for stay in _stays(world, issue) if stay.from_at <= at]
    return held[-1].category if held else None


# ---------------------------------------------------------------------------------------------
# fields walked back


def text_at(
    issue: Issue,
    is_field: Callable[[FieldChange], bool],
    today: str | None,
    at: datetime,
    of_ids: bool = False,
) -> str | None:
    """Return a field's value at an instant: what the first later entry replaced, else today's."""
    for change in issue.changes:
        if is_field(change) and change.at > at:
            return change.from_id if of_ids else change.from_text
    return today


def changed_to_at(issue: Issue, is_field: Callable[[FieldChange], bool], at: datetime) -> datetime | None:
    """Return when a field took the value that it held at an instant; ``None`` if no entry says so."""
    return max((change.at for change in issue.changes if is_field(change) and change.at <= at), default=None)


def is_custom(field_id: str, *names: str) -> Callable[[FieldChange], bool]:
    """Return a test for the entries of one field, by its id or one of its names."""
    wanted = {name.lower() for name in names}
    return lambda change: change.field_id == field_id or change.field.lower() in wanted


def sprints_at(world: World, issue: Issue, at: datetime) -> set[str]:
    """Return the ids of the sprints that an issue was in at an instant."""
    if issue.created_at > at:
        return set()
    field = world.settings.jira_sprint_field
    today = ",".join(sprint_ids_today(issue.fields.get(field)))
    held = text_at(issue, is_custom(field, "sprint"), today, at, of_ids=True)
    return {part.strip() for part in (held or "").split(",") if part.strip()}


def sprint_ids_today(value: Any) -> list[str]:
    """Read a sprint field: objects, ids, or the old ``…[id=15,…]`` text."""
    found = []
    for entry in value if isinstance(value, list) else [value] if value else []:
        if isinstance(entry, dict):
            found.append(str(entry["id"]))
        else:
            inside = re.search(r"\bid=(\d+)", str(entry))
            found.append(inside.group(1) if inside else str(entry))
    return found


def was_ever_in(world: World, issue: Issue) -> set[str]:
    """Return every sprint that an issue is or was in, up to ``as_of``."""
    found = sprints_at(world, issue, world.as_of)
    for change in issue.changes:
        if is_custom(world.settings.jira_sprint_field, "sprint")(change) and change.at <= world.as_of:
            for text in (change.from_id, change.to_id):
                found |= {part.strip() for part in (text or "").split(",") if part.strip()}
    return found


def resolution_at(issue: Issue, at: datetime) -> str | None:
    """Return the resolution that an issue had at an instant."""
    return text_at(issue, is_custom("resolution", "resolution"), issue.resolution, at)


# ---------------------------------------------------------------------------------------------
# kinds


def is_epic(world: World, issue: Issue) -> bool:
    """Whether an issue stands above the standard level, by its level or its type."""
    return (issue.hierarchy_level or 0) >= 1 or world.dictionaries.is_epic_type(issue.type_name)


def is_subtask(world: World, issue: Issue) -> bool:
    """Whether an issue stands below the standard level."""
    below = issue.hierarchy_level is not None and issue.hierarchy_level < 0
    return issue.is_subtask or below or world.dictionaries.is_subtask_type(issue.type_name)


def why_not_standard(world: World, issue: Issue) -> str | None:
    """Return ``subtask`` or ``epic`` for what is no standard issue."""
    if is_subtask(world, issue):
        return "subtask"
    return "epic" if is_epic(world, issue) else None


def why_cancelled(world: World, issue: Issue, at: datetime) -> str | None:
    """Return why an issue that is done was not delivered: wont_do, duplicate, cannot_reproduce, not_a_bug."""
    reason = world.dictionaries.resolution_kind(resolution_at(issue, at))
    if reason is not None:
        return reason
    held = [stay for stay in _stays(world, issue) if stay.from_at <= at]
    if not held or held[-1].category != "done":
        return None
    return world.dictionaries.cancelling_status(held[-1].status)


def why_closed_undelivered(world: World, issue: Issue) -> str | None:
    """Return why an issue is left out of cycle time: wont_do, duplicate or cannot_reproduce."""
    reason = why_cancelled(world, issue, world.as_of)
    return reason if reason in ("wont_do", "duplicate", "cannot_reproduce") else None


def is_defect(world: World, issue: Issue) -> bool:
    """Whether an issue is of a defect type."""
    return world.dictionaries.is_defect_type(issue.type_name)


def is_valid_defect(world: World, issue: Issue) -> bool:
    """Whether a defect is real: no duplicate, not-a-bug or cannot-reproduce; won't-fix is valid."""
    return is_defect(world, issue) and why_cancelled(world, issue, world.as_of) in (None, "wont_do")


def epic_key_at(world: World, issue: Issue, at: datetime) -> str | None:
    """Return the key of an issue's epic at an instant."""
    field = world.settings.jira_epic_field
    today = issue.fields.get(field) or (None if is_subtask(world, issue) else issue.parent_key)
    return text_at(issue, is_epic_field(world), today, at)


def is_epic_field(world: World) -> Callable[[FieldChange], bool]:
    """Return a test for the changelog entries that move an issue to another epic."""
    return is_custom(world.settings.jira_epic_field, "epic link", "issueparentassociation", "parent")
