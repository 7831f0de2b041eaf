"""What may be odd in whole exports: empty tools, early ends, repeated rows, instants at limits."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from .export import Export, Json, like, parse, seconds
from .registry import mutation, some

MINUTE, HOUR, DAY = 60, 3600, 86_400
LIMITS = (0, 0, 0, 5 * MINUTE, 30 * MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY)


class Cell:
    """An instant somewhere in a row, which can be read and set."""

    def __init__(self, holder: Any, name: str) -> None:
        self.holder, self.name = holder, name

    @property
    def text(self) -> str:
        """The instant as it is written."""
        return str(self.holder[self.name])

    def set(self, at: datetime) -> None:
        """Write another instant in the same form."""
        self.holder[self.name] = like(self.text, at)


FIELDS: dict[str, tuple[str, ...]] = {
    "github/pull_requests": ("created_at", "merged_at", "ready_for_review_at"),
    "github/reviews": ("submitted_at",),
    "github/deployments": ("created_at",),
    "github/deployment_statuses": ("created_at",),
    "jira/sprints": ("startDate", "activatedDate", "completeDate"),
    "pagerduty/incidents": ("created_at", "resolved_at"),
    "hubspot/deals": ("createdAt",),
    "hubspot/companies": ("createdAt",),
}


def cells(export: Export, tool: str) -> Iterator[Cell]:
    """Every instant of a tool's rows that means something, where it is filled."""
    for name, fields in FIELDS.items():
        if name.startswith(f"{tool}/"):
            for row in export.of(name):
                yield from (Cell(row, field) for field in fields if row.get(field))
    if tool == "github":
        for row in export.of("github/pull_request_commits"):
            yield Cell(row["commit"]["author"], "date")
    if tool == "jira":
        for row in export.of("jira/issues"):
            yield Cell(row["fields"], "created")
            yield from (Cell(entry, "created") for entry in row["changelog"]["histories"])
    if tool == "planning":
        for sheet, field in (("outcome_links", "linked_at"), ("roadmap_items", "delivered_at")):
            yield from (Cell(row, field) for row in export.sheet(sheet) if row[field])


def edges(export: Export) -> list[datetime]:
    """The first instants of the local days on which months begin, `as_of`, and the span's ends."""
    local = export.as_of.astimezone(export.zone)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [export.as_of, *export.span]
    for back in range(5):
        index = first.year * 12 + first.month - 1 - back
        found.append(first.replace(year=index // 12, month=index % 12 + 1))
    return found


def to_a_boundary(export: Export, random: Random, tool: str) -> None:
    """Move some instants of a tool onto another instant, or to a limit from it, give or take a second."""
    chosen = some(random, list(cells(export, tool)), 5)
    pool = [*cells(export, tool), *cells(export, random.choice(["github", "jira", "pagerduty"]))]
    for cell in chosen:
        near = random.choice(edges(export)) if random.random() < 0.4 else parse(random.choice(pool).text)
        far = random.choice(LIMITS) * random.choice([1, -1]) + random.choice([0, 0, -1, 1])
        cell.set(near + seconds(far))


@mutation
def code_host_at_a_boundary(export: Export, random: Random) -> None:
    """Openings, merges, reviews, deployments at limits."""
    to_a_boundary(export, random, "github")


@mutation
def tracker_at_a_boundary(export: Export, random: Random) -> None:
    """Creations, moves, starts and closes of sprints at limits."""
    to_a_boundary(export, random, "jira")


@mutation
def incidents_at_a_boundary(export: Export, random: Random) -> None:
    """Begins and ends of incidents at limits."""
    to_a_boundary(export, random, "pagerduty")


@mutation
def records_and_sheets_at_a_boundary(export: Export, random: Random) -> None:
    """Records, links and deliveries at limits."""
    to_a_boundary(export, random, random.choice(["hubspot", "planning"]))


@mutation
def moved_over_a_clock_change(export: Export, random: Random) -> None:
    """Many instants in the hours around a change to or from daylight-saving time, or a leap day."""
    nights = [
        datetime.fromisoformat(text) for text in ("2026-03-08T07:00:00+00:00", "2026-04-04T14:30:00+00:00")
    ]
    for year in range(export.span[0].year, export.span[1].year + 1):
        for text in (
            "02-28T23:30:00",
            "03-29T01:00:00",
            "10-25T01:00:00",
            "11-01T06:00:00",
            "04-05T02:00:00",
        ):
            nights.append(datetime.fromisoformat(f"{year}-{text}+00:00"))
    within = [night for night in nights if export.span[0] < night < export.span[1]]
    if within:
        night = random.choice(within)
        for cell in some(random, list(cells(export, random.choice(["github", "jira", "pagerduty"]))), 12):
            cell.set(night + seconds(random.randrange(-2 * HOUR, 2 * HOUR)))


# Rows ------------------------------------------------------------------------------------------------


@mutation
def rows_repeated(export: Export, random: Random) -> None:
    """The same rows again, as when two pages of an export overlap."""
    for name in some(random, sorted(export.rows), 4):
        export.of(name).extend(copy.deepcopy(some(random, export.of(name), 3)))


LAST = ("rows_repeated", "older_versions")
"""Mutations that come after all others, so that of two rows of one key not one alone is changed."""
VERSIONED = {
    "github/pull_requests": ("updated_at",),
    "jira/issues": ("fields", "updated"),
    "pagerduty/incidents": ("updated_at",),
    "hubspot/deals": ("updatedAt",),
    "hubspot/companies": ("updatedAt",),
}


@mutation
def older_versions(export: Export, random: Random) -> None:
    """An older version of a row stands after the newer one; of two of the same age the later holds."""
    for name in some(random, [name for name in VERSIONED if export.of(name)], 3):
        for row in some(random, export.of(name), 2):
            other = copy.deepcopy(row)
            holder: Json = other
            for part in VERSIONED[name][:-1]:
                holder = holder[part]
            field = VERSIONED[name][-1]
            holder[field] = like(holder[field], parse(holder[field]) - timedelta(days=random.choice([0, 1])))
            _age(name, other)
            export.of(name).append(other)


def _age(name: str, row: Json) -> None:
    """Let a row look as it did before."""
    if name == "github/pull_requests":
        row["title"], row["merged_at"], row["state"] = "WIP", None, "open"
    elif name == "jira/issues":
        row["fields"]["summary"] = "WIP"
        row["fields"]["customfield_10050"] = None
    elif name == "pagerduty/incidents":
        row["status"], row["resolved_at"] = "triggered", None
    else:
        row["properties"]["issue_keys"] = None


@mutation
def tool_left_empty(export: Export, random: Random) -> None:
    """A tool that was exported and holds nothing."""
    tool = random.choice(["github", "jira", "pagerduty", "hubspot"])
    for name in export.rows:
        if name.startswith(f"{tool}/"):
            export.rows[name] = []


@mutation
def tool_not_loaded(export: Export, random: Random) -> None:
    """A tool that was never exported."""
    tool = random.choice(["github", "jira", "pagerduty", "hubspot", "git"])
    if tool == "git":
        export.repositories = []
    export.rows = {name: rows for name, rows in export.rows.items() if not name.startswith(f"{tool}/")}


@mutation
def object_not_loaded(export: Export, random: Random) -> None:
    """Some objects were never exported."""
    for name in some(random, sorted(export.rows), 2):
        export.rows.pop(name)


@mutation
def repository_not_loaded(export: Export, random: Random) -> None:
    """One repository's history is missing."""
    if export.repositories:
        export.repositories.remove(random.choice(export.repositories))


# Spans -----------------------------------------------------------------------------------------------


@mutation
def export_begins_late(export: Export, random: Random) -> None:
    """A tool's export speaks only for its later part; older rows are there all the same."""
    begin, end = export.span
    tool = random.choice(["github", "jira", "pagerduty", "hubspot", "planning"])
    later = begin + timedelta(days=random.randrange(1, max(2, (end - begin).days)))
    export.spans[tool] = random.choice([later, edges(export)[-2]]), export.spans.get(tool, export.span)[1]


@mutation
def export_stops_early(export: Export, random: Random) -> None:
    """A tool's export was made earlier: nothing later is in it."""
    tool = random.choice(["github", "jira", "pagerduty", "hubspot", "planning", "git"])
    begin, end = export.span
    until = random.choice(
        [
            end - timedelta(days=random.choice([1, 10, 14, 15, 45, 46])),
            random.choice(edges(export)) - seconds(random.choice([0, 0, 1])),
            begin + (end - begin) / 2,
        ]
    ).replace(microsecond=0)
    if until <= begin:
        return
    export.spans[tool] = export.spans.get(tool, export.span)[0], min(until, end)
    CUTS[tool](export, export.spans[tool][1])


def _is_later(text: str | None, until: datetime) -> bool:
    return bool(text) and parse(str(text)) > until


def _keep(export: Export, name: str, field: str, until: datetime) -> None:
    if name in export.rows:
        export.rows[name] = [row for row in export.of(name) if not _is_later(row.get(field), until)]


def _cut_github(export: Export, until: datetime) -> None:
    for name, field in (
        ("github/pull_requests", "created_at"),
        ("github/reviews", "submitted_at"),
        ("github/deployments", "created_at"),
        ("github/deployment_statuses", "created_at"),
        ("github/releases", "created_at"),
        ("github/issues", "created_at"),
    ):
        _keep(export, name, field, until)
    there = {(row["base"]["repo"]["full_name"], row["number"]) for row in export.of("github/pull_requests")}
    for name in ("github/pull_request_commits", "github/reviews"):
        if name in export.rows:
            export.rows[name] = [
                row for row in export.of(name) if (row["repository"], row["pull_number"]) in there
            ]
    for row in export.of("github/pull_requests"):
        if _is_later(row["merged_at"], until) or _is_later(row["closed_at"], until):
            row |= {"state": "open", "merged_at": None, "closed_at": None, "merge_commit_sha": None}
        if _is_later(row.get("ready_for_review_at"), until):
            row |= {"ready_for_review_at": None, "draft": True}


def _cut_jira(export: Export, until: datetime) -> None:
    export.rows["jira/issues"] = [
        row for row in export.of("jira/issues") if not _is_later(row["fields"]["created"], until)
    ]
    for row in export.of("jira/issues"):
        kept = []
        for entry in sorted(row["changelog"]["histories"], key=lambda entry: int(entry["id"]), reverse=True):
            if _is_later(entry["created"], until):
                for item in entry["items"]:
                    _undo(row, item)
                row["changelog"]["total"] -= 1
            else:
                kept.append(entry)
        row["changelog"]["histories"] = kept
    _keep(export, "jira/issue_changelogs", "created", until)
    export.rows["jira/sprints"] = [row for row in export.of("jira/sprints")]
    for row in export.of("jira/sprints"):
        if _is_later(row.get("completeDate"), until):
            row.pop("completeDate")
            row["state"] = "active"
        if _is_later(row.get("activatedDate"), until):
            row.pop("activatedDate")
            row["state"] = "future"


def _undo(issue: Json, item: Json) -> None:
    """Put a field back to what it was before an entry."""
    fields = issue["fields"]
    name = item["field"]
    if name == "status":
        from .jira import status_of

        fields["status"] = status_of(item["fromString"])
    elif name == "resolution":
        fields["resolution"] = (
            {"id": item["from"], "name": item["fromString"]} if item["fromString"] else None
        )
    elif name == "assignee":
        there = {"accountId": item["from"], "displayName": item["fromString"], "accountType": "atlassian"}
        fields["assignee"] = there if item["from"] else None
    elif name == "Sprint":
        numbers = [part.strip() for part in (item["from"] or "").split(",") if part.strip()]
        fields["customfield_10020"] = [{"id": int(number), "name": number} for number in numbers] or None
    elif name == "Epic Link":
        fields["customfield_10014"] = item["fromString"]
        fields["parent"] = (
            {"id": item["from"] or "0", "key": item["fromString"]} if item["fromString"] else None
        )
    elif name == "IssueParentAssociation":
        fields["parent"] = (
            {"id": item["from"] or "0", "key": item["fromString"]} if item["fromString"] else None
        )
    elif name == "Key":
        issue["key"] = item["fromString"]
        key = item["fromString"].rsplit("-", 1)[0]
        fields["project"] = {"id": "1", "key": key, "name": key}
    elif name in ("Found In", "Severity", "Outcome"):
        fields[item["fieldId"]] = item["fromString"]


def _cut_pagerduty(export: Export, until: datetime) -> None:
    _keep(export, "pagerduty/incidents", "created_at", until)
    _keep(export, "pagerduty/incident_log_entries", "created_at", until)
    for row in export.of("pagerduty/incidents"):
        if _is_later(row["resolved_at"], until):
            row |= {"status": "triggered", "resolved_at": None, "resolve_reason": None}
            row["last_status_change_by"] = row["service"]


def _cut_hubspot(export: Export, until: datetime) -> None:
    for name in ("hubspot/deals", "hubspot/companies"):
        _keep(export, name, "createdAt", until)
    for row in export.of("hubspot/deals"):
        if _is_later(row["properties"]["closedate"], until):
            closed = {"hs_is_closed_won": "false", "hs_is_closed_lost": "false", "closedate": None}
            row["properties"] |= {**closed, "dealstage": "contractsent"}


def _cut_planning(export: Export, until: datetime) -> None:
    day = until.strftime("%Y-%m-%d")
    for name, field in (("roadmap_items", "plan_version_on"), ("outcome_links", "linked_at")):
        rows = export.sheet(name)
        rows[:] = [row for row in rows if not row[field] or row[field][:10] <= day]


def _cut_git(export: Export, until: datetime) -> None:
    for repository in export.repositories:
        for name, tip in list(repository.branches.items()):
            held = tip
            while held.committer.at > until.timestamp() and held.parents:
                held = held.parents[0]
            repository.branches[name] = held
        for name, (tip, _) in list(repository.tags.items()):
            if tip.committer.at > until.timestamp():
                repository.tags.pop(name)


CUTS: dict[str, Callable[[Export, datetime], None]] = {
    "github": _cut_github,
    "jira": _cut_jira,
    "pagerduty": _cut_pagerduty,
    "hubspot": _cut_hubspot,
    "planning": _cut_planning,
    "git": _cut_git,
}


# Order -----------------------------------------------------------------------------------------------


def in_order(export: Export) -> None:
    """Put right what no vendor would give, as each stamps by one clock: an end before its own beginning."""
    for row in export.of("github/pull_requests"):
        for name in ("merged_at", "ready_for_review_at"):
            if row.get(name) and parse(row[name]) < parse(row["created_at"]):
                row["created_at"] = row[name]
        if row["merged_at"]:
            row["closed_at"], row["state"] = row["merged_at"], "closed"
    for row in export.of("jira/issues"):
        apart = [entry for entry in export.of("jira/issue_changelogs") if entry["issueId"] == row["id"]]
        latest = row["fields"]["created"]
        for entry in sorted([*row["changelog"]["histories"], *apart], key=lambda entry: int(entry["id"])):
            if parse(entry["created"]) < parse(latest):
                entry["created"] = like(entry["created"], parse(latest))
            latest = entry["created"]
        embedded = {entry["id"]: entry["created"] for entry in row["changelog"]["histories"]}
        for entry in apart:
            entry["created"] = embedded.get(entry["id"], entry["created"])
        if parse(row["fields"]["updated"]) < parse(latest):
            row["fields"]["updated"] = latest
    for row in export.of("jira/sprints"):
        for early, late in (("startDate", "completeDate"), ("activatedDate", "completeDate")):
            if row.get(early) and row.get(late) and parse(row[late]) < parse(row[early]):
                row[early] = row[late]
    for row in export.of("pagerduty/incidents"):
        if row["resolved_at"] and parse(row["resolved_at"]) < parse(row["created_at"]):
            row["created_at"] = row["resolved_at"]
    for row in [*export.of("hubspot/deals"), *export.of("hubspot/companies")]:
        row["properties"]["createdate"] = row["createdAt"]
    asked = {row["url"]: row for row in export.of("github/deployments")}
    for row in export.of("github/deployment_statuses"):
        deployment = asked.get(row["deployment_url"])
        if deployment and parse(row["created_at"]) < parse(deployment["created_at"]):
            deployment["created_at"] = row["created_at"]
