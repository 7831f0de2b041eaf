"""KPI 9, work tied to a business outcome: completed issues, and merged changes without an issue."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from ..changes import Change, changes, issue_keys, keys_in
from ..exports import CrmAccount, Deal, Issue, day, instant
from ..issues import changed_to_at, epic_key_at, is_custom, is_epic_field, life, text_at
from ..row import Row
from ..world import World
from .cycle_time import why_left_out
from .defect_escape import issues_tied_to_incidents, option_text

KPI = "outcome_linked_work"
OutcomeType = Literal["objective", "deal", "account"]
NO_CURRENCY = "no currency"


@dataclass(frozen=True)
class Tie:
    """What ties an issue to an outcome; ``linked_at`` is ``None`` where nothing dates the link."""

    outcome_type: OutcomeType
    outcome_id: str
    method: str
    linked_at: datetime | None
    is_doubtful: bool = False
    """Whether nobody knows if the deal was lost when work began."""

    @property
    def is_inferred(self) -> bool:
        """Whether the link has no date, or the deal may have been lost."""
        return self.linked_at is None or self.is_doubtful


def rows(world: World) -> list[Row]:
    """Return a row per completed issue and per merged change; a change with an issue is left out."""
    of_issues = [
        _issue_row(world, issue)
        for issue in sorted(world.company.issues, key=lambda issue: issue.key)
        if issue.created_at <= world.as_of and life(world, issue).finished_at is not None
    ]
    merged = [change for change in changes(world) if change.merged_at is not None]
    return of_issues + [_change_row(world, change) for change in merged]


def _issue_row(world: World, issue: Issue) -> Row:
    way = life(world, issue)
    row = Row(
        KPI,
        issue.key,
        started_at=way.started_at or issue.created_at,
        ended_at=way.finished_at,
        occurred_at=way.finished_at,
        excluded_because=why_left_out(world, issue),
        team_id=world.team_of_issue(issue, way.finished_at or world.as_of),
        method="issue",
        details={
            "is_keeping_the_lights_on": world.dictionaries.keeps_the_lights_on(issue)
            or issue.issue_id in issues_tied_to_incidents(world),
            "ties": [],
        },
    )
    if row.excluded_because is None and way.finished_at is not None:
        ties = ties_of(world, issue, way.started_at or issue.created_at, way.finished_at)
        row.verdict = "yes" if ties else "no"
        row.is_inferred = bool(ties) and all(tie.is_inferred for tie in ties)
        row.is_immature = _may_still_be_tied(world, way.finished_at)
        row.details["ties"] = ties
    return row


def _change_row(world: World, change: Change) -> Row:
    row = Row(
        KPI,
        change.change_id,
        started_at=change.first_work_at,
        ended_at=change.merged_at,
        occurred_at=change.merged_at,
        excluded_because=change.why_not_a_change(),
        team_id=change.team_id,
        service_id=change.service_id,
        method="change",
        details={"is_keeping_the_lights_on": change.is_revert or change.is_hotfix, "ties": []},
    )
    if row.excluded_because is None and change.is_pure_revert:
        row.excluded_because = "pure_revert"
    if row.excluded_because is None and change.issues:
        row.excluded_because = "has_an_issue"
    if row.excluded_because is None and change.merged_at is not None:
        row.verdict = "no"
        row.is_immature = _may_still_be_tied(world, change.merged_at)
    return row


def _may_still_be_tied(world: World, completed: datetime) -> bool:
    """Whether the grace days pass ``as_of`` or the end of an export that could hold a tie, or the changes."""
    telling = {"jira": "issues", "github": "pull_requests", "hubspot": "deals"}
    tools = [tool for tool, name in telling.items() if f"{tool}.{name}" in world.company.loaded]
    return world.is_immature(completed + world.settings.outcome_grace, *tools)


# ---------------------------------------------------------------------------------------------
# ties


def ties_of(world: World, issue: Issue, began: datetime, completed: datetime) -> list[Tie]:
    """Return every tie of an issue that existed by its completion plus the grace days."""
    # Nothing after as_of is read, and a tie neither.
    limit = min(completed + world.settings.outcome_grace, world.as_of)
    epic, epic_since = epic_of(world, issue, limit)
    found = []
    if epic is not None:
        found += _roadmap_ties(world, epic, epic_since, began, completed)
        found += _direct_ties(world, epic, "epic_", began, completed, epic_since)
        found += _field_ties(world, epic, "epic_", limit, epic_since)
    found += _direct_ties(world, issue.issue_id, "", began, completed, None)
    found += _field_ties(world, issue.issue_id, "", limit, None)
    return [tie for tie in found if tie.linked_at is None or tie.linked_at <= limit]


def reference(world: World, key: str) -> str:
    """Return the id of the issue of a key; what was not exported is known by its key alone."""
    issue = issue_keys(world).get(key.upper())
    return key.upper() if issue is None else issue.issue_id


def epic_of(world: World, issue: Issue, at: datetime) -> tuple[str | None, datetime | None]:
    """Return the reference of an issue's epic at an instant, and since when it was, from creation on."""
    key = epic_key_at(world, issue, min(at, world.as_of))
    if not key:
        return None, None
    since = changed_to_at(issue, is_epic_field(world), min(at, world.as_of)) or issue.created_at
    return reference(world, key), since


def _later(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def is_active(world: World, objective_id: str | None, began: datetime, completed: datetime) -> bool:
    """Whether an objective was active on any local day between two instants."""
    for row in world.company.sheet("objectives"):
        if row["objective_id"] == objective_id:
            first, last = world.local_day(began), world.local_day(completed)
            until = day(row.get("active_to_on")) or date.max
            since = day(row.get("active_from_on")) or date.min
            return since <= last and first <= until
    return False


def _roadmap_links(world: World) -> dict[str, dict[str, date]]:
    """Return, by an epic's reference, the objectives of the items naming it, and the first such version."""
    first: dict[str, dict[str, date]] = {}
    for row in world.company.sheet("roadmap_items"):
        epic_key, objective_id = row.get("epic_key"), row.get("objective_id")
        version = day(row.get("plan_version_on"))
        if epic_key and objective_id and version and version <= world.local_day(world.as_of):
            of_epic = first.setdefault(reference(world, epic_key), {})
            of_epic[objective_id] = min(version, of_epic.get(objective_id, version))
    return first


def _roadmap_ties(
    world: World, epic: str, epic_since: datetime | None, began: datetime, completed: datetime
) -> list[Tie]:
    links = world.once("roadmap links", lambda: _roadmap_links(world))
    first = {
        objective_id: version
        for objective_id, version in links.get(epic, {}).items()
        if is_active(world, objective_id, began, completed)
    }
    return [
        Tie("objective", objective_id, "epic_roadmap_item", _later(world.midnight(version), epic_since))
        for objective_id, version in sorted(first.items())
    ]


def _direct_ties(
    world: World,
    work: str,
    through: str,
    began: datetime,
    completed: datetime,
    epic_since: datetime | None,
) -> list[Tie]:
    """Return the ties that the sheet of links and the CRM's records give an issue, or its epic.

    ``through`` is put before the method: ``epic_`` or nothing.
    """
    named = world.once("named outcomes", lambda: named_outcomes(world)).get(work, [])
    limit = min(completed + world.settings.outcome_grace, world.as_of)
    found = []
    for kind, outcome_id, linked_at, source in named:
        method = f"{through}{kind}_{source}"
        since = None if linked_at is None else _later(linked_at, epic_since)
        if kind == "objective" and is_active(world, outcome_id, began, completed):
            found.append(Tie("objective", outcome_id, method, since))
        elif kind == "deal" and _is_deal_alive(world, outcome_id, began, limit):
            is_doubtful = _is_deal_doubtful(world, outcome_id, began, limit)
            found.append(Tie("deal", outcome_id, method, since, is_doubtful))
        elif kind == "account" and _is_account_there(world, outcome_id, limit):
            found.append(Tie("account", outcome_id, method, since))
    return found


def named_outcomes(world: World) -> dict[str, list[tuple[str, str, datetime | None, str]]]:
    """Return, by an issue's id, (type, id, linked, what names it) of what the sheet and the CRM name.

    A row of the sheet is a ``link``, a record's text a ``property``.
    """
    named: dict[str, list[tuple[str, str, datetime | None, str]]] = {}
    sheet = world.company.sheet("outcome_links")
    links = {(row["issue_key"], row["outcome_type"], row["outcome_id"]): row for row in sheet}
    for row in links.values():
        linked_at = link_instant(world, row.get("linked_at"))
        outcome = str(row["outcome_type"]), str(row["outcome_id"]), linked_at, "link"
        named.setdefault(reference(world, str(row["issue_key"])), []).append(outcome)
    field = world.settings.hubspot_issue_keys_property
    for deal in world.company.deals:
        for work in references_in(world, str(deal.properties.get(field) or "")):
            named.setdefault(work, []).append(("deal", deal.deal_id, None, "property"))
    for account in world.company.crm_accounts:
        for work in references_in(world, str(account.properties.get(field) or "")):
            named.setdefault(work, []).append(("account", account.account_id, None, "property"))
    return named


def references_in(world: World, text: str) -> list[str]:
    """Return what a text's keys refer to: issues, and epics that were not exported."""
    keys = issue_keys(world)
    listed = re.findall(r"(?<![A-Z0-9_])[A-Z0-9_]+-\d+(?![A-Z0-9])", text.upper())
    return [*(issue.issue_id for issue in keys_in(text, keys)), *(key for key in listed if key not in keys)]


def link_instant(world: World, text: str | None) -> datetime | None:
    """Return when a link was made; a bare date means the beginning of that local day."""
    if text is not None and len(text.strip()) == 10:
        return world.midnight(date.fromisoformat(text.strip()))
    return instant(text)


def _deal(world: World, deal_id: str, limit: datetime) -> Deal | None:
    for deal in world.company.deals:
        if deal.deal_id == deal_id and (deal.created_at or datetime.min.replace(tzinfo=UTC)) <= limit:
            return deal
    return None


def _account(world: World, account_id: str, limit: datetime) -> CrmAccount | None:
    for account in world.company.crm_accounts:
        made = account.created_at or datetime.min.replace(tzinfo=UTC)
        if account.account_id == account_id and made <= limit:
            return account
    return None


def _is_account_there(world: World, account_id: str, limit: datetime) -> bool:
    """Whether an account existed in time; where none were exported the sheet's word is taken."""
    if _account(world, account_id, limit) is not None:
        return True
    return not any((other.created_at or limit) <= world.as_of for other in world.company.crm_accounts)


def _is_deal_alive(world: World, deal_id: str, began: datetime, limit: datetime) -> bool:
    """Whether a deal existed in time and was not lost when work began."""
    deal = _deal(world, deal_id, limit)
    if deal is None:
        # Where no deals were exported the sheet's word is taken.
        return not any((other.created_at or began) <= world.as_of for other in world.company.deals)
    lost_at = _closed_by(deal)
    return not (deal.is_lost and (lost_at is None or lost_at <= began))


def _is_deal_doubtful(world: World, deal_id: str, began: datetime, limit: datetime) -> bool:
    """Whether a deal may have been lost when work began, and nothing tells whether it was."""
    deal = _deal(world, deal_id, limit)
    if deal is None or deal.is_lost is not None:
        return False
    closed_by = _closed_by(deal)
    return closed_by is not None and closed_by <= began


def _closed_by(deal: Deal) -> datetime | None:
    """Return when a deal was closed; without a date by its last change."""
    return deal.closed_at or deal.updated_at or deal.created_at


def _field_ties(
    world: World, work: str, through: str, limit: datetime, epic_since: datetime | None
) -> list[Tie]:
    """Return what the outcome field held by the limit, where it names a known objective, deal or account."""
    issue = next((issue for issue in world.company.issues if issue.issue_id == work), None)
    if issue is None or issue.created_at > world.as_of:
        return []
    field = world.settings.jira_outcome_field
    today = option_text(issue.fields.get(field))
    value = text_at(issue, is_custom(field), today, min(limit, world.as_of))
    if not value or not value.strip():
        return []
    # What no entry touches held since creation.
    since = changed_to_at(issue, is_custom(field), min(limit, world.as_of)) or issue.created_at
    return [
        Tie(kind, outcome_id, f"{through}outcome_field", _later(since, epic_since))
        for kind, outcome_id in resolved_outcomes(world, value, limit)
    ]


def resolved_outcomes(world: World, value: str, limit: datetime) -> list[tuple[OutcomeType, str]]:
    """Return every objective, deal and account whose id or name a value is."""
    wanted = value.strip().lower()
    found: list[tuple[OutcomeType, str]] = []
    for row in world.company.sheet("objectives"):
        if wanted in (str(row["objective_id"]).lower(), str(row.get("name") or "").lower()):
            found.append(("objective", str(row["objective_id"])))
    for deal in world.company.deals:
        if wanted in (deal.deal_id.lower(), (deal.name or "").lower()) and _deal(world, deal.deal_id, limit):
            found.append(("deal", deal.deal_id))
    for account in world.company.crm_accounts:
        names = (account.account_id.lower(), (account.name or "").lower())
        if wanted in names and _account(world, account.account_id, limit):
            found.append(("account", account.account_id))
    return found


# ---------------------------------------------------------------------------------------------
# beside the number


def deals_linked(world: World, rows_of_scope: list[Row]) -> tuple[int, dict[str, float]]:
    """Return how many distinct deals the rows are linked to, and their amount per currency."""
    ids = {
        tie.outcome_id for row in rows_of_scope for tie in row.details["ties"] if tie.outcome_type == "deal"
    }
    amounts: dict[str, float] = {}
    for deal in world.company.deals:
        if deal.deal_id in ids and deal.amount:
            currency = deal.currency or NO_CURRENCY
            amounts[currency] = amounts.get(currency, 0.0) + float(deal.amount)
    return len(ids), amounts


def largest_outcome_share(rows_of_scope: list[Row]) -> float | None:
    """Return the share of the tied rows that the most frequent single outcome holds."""
    tied = [row for row in rows_of_scope if row.verdict == "yes"]
    counts: dict[tuple[str, str], int] = {}
    for row in tied:
        for outcome in {(tie.outcome_type, tie.outcome_id) for tie in row.details["ties"]}:
            counts[outcome] = counts.get(outcome, 0) + 1
    return max(counts.values()) / len(tied) if counts else None
