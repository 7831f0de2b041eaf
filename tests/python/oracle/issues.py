"""What an issue's changelog tells: statuses held, work started and finished, fields at an instant."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise, takewhile
from typing import Any

from .exports import Account, FieldChange, Issue, instant
from .settings import Settings
from .world import World


@dataclass(frozen=True)
class StatusStay:
    """A status held from an instant on; ``category`` is todo, in_progress, done or ``None`` (not known)."""

    from_at: datetime
    status: str
    category: str | None


@dataclass(frozen=True)
class Life:
    """An issue's way through its workflow, as it is known at ``as_of``."""

    stays: tuple[StatusStay, ...]
    started_at: datetime | None
    finished_at: datetime | None
    reopened_at: tuple[datetime, ...]
    is_start_known: bool
    is_back_in_todo: bool
    category: str | None
    """The category held at ``as_of``; ``None`` where nothing tells it."""
    is_finish_inferred: bool
    """Whether only the date of the resolution tells the finish."""


def life(world: World, issue: Issue) -> Life:
    """Follow an issue's statuses: first entry into progress, start of the last stay in done."""
    stays = _stays(world, issue)
    started = next((stay.from_at for stay in stays if stay.category == "in_progress"), None)
    finished = None
    for stay in reversed(stays):
        if stay.category != "done":
            break
        finished = stay.from_at
    is_finish_inferred = False
    if finished is not None and finished == stays[0].from_at and not issue.is_history_complete:
        # Of a history that was cut short, the entry that finished it may be missing.
        resolved = instant(issue.fields.get("resolutiondate"))
        is_finish_inferred = resolved is not None and resolved <= world.as_of
        finished = resolved if resolved is not None and is_finish_inferred else finished
    reopened = tuple(
        after.from_at
        for before, after in pairwise(stays)
        if before.category == "done" and after.category != "done"
    )
    # A status that nothing says the category of may have been progress.
    before = takewhile(lambda stay: stay.category != "in_progress", stays)
    is_unclear = any(stay.category is None for stay in before)
    is_known = issue.is_history_complete and started is not None and not is_unclear
    return Life(
        stays=tuple(stays),
        started_at=started if is_known else None,
        finished_at=finished,
        reopened_at=reopened,
        is_start_known=is_known,
        is_back_in_todo=bool(stays) and stays[-1].category == "todo",
        category=stays[-1].category if stays else None,
        is_finish_inferred=is_finish_inferred,
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


def status_category(world: World, issue: Issue, status_id: str | None, name: str) -> str | None:
    """Return todo, in_progress or done for a status, ``None`` where nothing says it.

    The tool's list of statuses says it by id or (where all of that name are alike) by name, else the issue's
    own status, else what other issues in that status say, else the dictionary of names.
    """
    listed = world.company.status_categories
    key = listed.get(status_id or "", ("", ""))[1]
    if not key:
        alike = {category for text, category in listed.values() if text.lower() == name.lower()}
        key = alike.pop() if len(alike) == 1 else ""
    is_own = status_id == issue.status_id if status_id or issue.status_id else name == issue.status_name
    if not key and is_own:
        key = issue.status_category or ""
    if not key and status_id:
        seen = _categories_seen(world).get(status_id, set())
        key = next(iter(seen)) if len(seen) == 1 else ""
    said = {"new": "todo", "indeterminate": "in_progress", "done": "done"}.get(key)
    return said or world.dictionaries.status_category(name)


def _categories_seen(world: World) -> dict[str, set[str]]:
    """Return what issues say today of the category of each status, by its id."""

    def seen() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for issue in world.company.issues:
            if issue.status_id and issue.status_category:
                found.setdefault(issue.status_id, set()).add(issue.status_category)
        return found

    return world.once("categories seen", seen)


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
    """Return every sprint that an issue is or was in for any time, up to ``as_of``."""
    is_sprint = is_custom(world.settings.jira_sprint_field, "sprint")
    moments = {issue.created_at, *(change.at for change in issue.changes if is_sprint(change))}
    found: set[str] = set()
    for moment in moments:
        if moment <= world.as_of:
            found |= sprints_at(world, issue, moment)
    return found


def resolution_at(issue: Issue, at: datetime) -> str | None:
    """Return the resolution that an issue had at an instant."""
    return text_at(issue, is_custom("resolution", "resolution"), issue.resolution, at)


def as_known(issue: Issue, settings: Settings) -> Issue:
    """Return an issue with the fields of ``as_of``: what the first later entry replaced, else today's."""

    def held(today: str | None, *names: str) -> str | None:
        return text_at(issue, is_custom(names[0], *names), today, settings.as_of)

    fields = dict(issue.fields)
    for field in (settings.jira_found_in_field, settings.jira_severity_field, "priority"):
        if any(is_custom(field, field)(change) and change.at > settings.as_of for change in issue.changes):
            fields[field] = held(None, field)
    key = held(issue.key, "key") or issue.key
    reporter = held(None, "reporter")
    return replace(
        issue,
        key=key,
        project_key=key.rsplit("-", 1)[0],
        summary=held(issue.summary, "summary") or "",
        reporter=issue.reporter if reporter is None else Account("jira", reporter),
        fields=fields,
    )


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
