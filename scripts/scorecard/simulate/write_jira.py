"""Jira's exports: the objects of the Cloud REST API (platform and agile).

Shapes: https://developer.atlassian.com/cloud/jira/platform/rest/v2/ and .../jira/software/rest/.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scorecard.simulate.clock import iso_millis
from scorecard.simulate.output import Json, write_ndjson
from scorecard.simulate.people import AUTOMATION, SUPPORT_DESK, tracker_account
from scorecard.simulate.state import Issue, Reporter, Sprint, World
from scorecard.simulate.tracker import CUSTOM_FIELDS, RESOLUTIONS, STATUSES, project_id

_KINDS: dict[str, tuple[str, int]] = {
    "Epic": ("10000", 1),
    "Story": ("10001", 0),
    "Task": ("10002", 0),
    "Sub-task": ("10003", -1),
    "Bug": ("10004", 0),
    "Incident Follow-up": ("10005", 0),
    "Incident": ("10006", 0),
}
_CATEGORIES = {"new": (2, "To Do"), "indeterminate": (4, "In Progress"), "done": (3, "Done")}
_LINKS = {
    "Relates": ("10003", "relates to", "relates to"),
    "Problem/Incident": ("10004", "is caused by", "causes"),
}
_PRIORITIES = {"High": "2", "Medium": "3", "Low": "4"}
_SEVERITIES = {"Critical": "10110", "Major": "10111", "Minor": "10112", "Trivial": "10113"}
_PLACES = {
    "Production": "10100",
    "Staging": "10101",
    "QA": "10102",
    "Review": "10103",
    "Development": "10104",
}


def write(world: World, folder: Path) -> None:
    """Every object, one file each."""
    site = f"https://{world.config.organisation}.atlassian.net"
    writer = _Writer(world, site)
    write_ndjson(folder / "issues.ndjson.gz", (writer.issue(issue) for issue in world.issues))
    write_ndjson(folder / "issue_changelogs.ndjson.gz", writer.full_changelogs())
    write_ndjson(folder / "sprints.ndjson.gz", (writer.sprint(sprint) for sprint in world.sprints))
    write_ndjson(folder / "workflow_statuses.ndjson.gz", (writer.status(name) for name in STATUSES))
    write_ndjson(folder / "issue_fields.ndjson.gz", _fields())
    write_ndjson(folder / "users.ndjson.gz", writer.users())


class _Writer:
    def __init__(self, world: World, site: str) -> None:
        self.world, self.api, self.agile = world, f"{site}/rest/api/2", f"{site}/rest/agile/1.0"
        # Long histories come cut short; of every second such issue the whole history was fetched as well.
        long = [
            issue
            for issue in world.issues
            if len(issue.histories) >= 8 and issue.kind in ("Story", "Task", "Bug")
        ]
        self.cut = {issue.number: index % 2 == 0 for index, issue in enumerate(long[::35])}

    def user(self, who: Reporter | None) -> Json | None:
        if who is None:
            return None
        row: Json = {
            "self": f"{self.api}/user?accountId={who.account_id}",
            "accountId": who.account_id,
            "displayName": who.name,
            "active": True,
            "timeZone": "Etc/UTC",
            "accountType": who.kind,
        }
        if who.email:
            row["emailAddress"] = who.email
        return row

    def users(self) -> Iterator[Json]:
        people = [tracker_account(person) for person in self.world.people]
        for who in [*people, *self.world.customers, SUPPORT_DESK, AUTOMATION]:
            row = self.user(who)
            assert row is not None
            yield row

    def status(self, name: str) -> Json:
        number, category = STATUSES[name]
        category_id, category_name = _CATEGORIES[category]
        return {
            "self": f"{self.api}/status/{number}",
            "description": "",
            "name": name,
            "id": number,
            "statusCategory": {"id": category_id, "key": category, "name": category_name},
        }

    def kind(self, name: str) -> Json:
        number, level = _KINDS[name]
        return {"id": number, "name": name, "subtask": level < 0, "hierarchyLevel": level}

    def reference(self, issue: Issue) -> Json:
        """The short form in which one issue shows another."""
        return {
            "id": str(issue.number),
            "key": issue.key,
            "self": f"{self.api}/issue/{issue.number}",
            "fields": {
                "summary": issue.summary,
                "status": self.status(issue.status),
                "issuetype": self.kind(issue.kind),
            },
        }

    def link(self, number: int, name: str, side: str, other: Issue) -> Json:
        kind_id, inward, outward = _LINKS[name]
        return {
            "id": str(number),
            "self": f"{self.api}/issueLink/{number}",
            "type": {"id": kind_id, "name": name, "inward": inward, "outward": outward},
            f"{side}Issue": self.reference(other),
        }

    def sprint(self, sprint: Sprint, is_field: bool = False) -> Json:
        row: Json = {
            "id": sprint.number,
            "name": sprint.name,
            "state": sprint.state,
            "startDate": iso_millis(sprint.start_at, "Z"),
            "endDate": iso_millis(sprint.end_at, "Z"),
            "goal": sprint.goal,
        }
        if sprint.completed_at is not None:
            row["completeDate"] = iso_millis(sprint.completed_at, "Z")
        if is_field:
            return {**row, "boardId": sprint.team.board_id}
        if sprint.activated_at is not None and sprint.is_activation_known:
            row["activatedDate"] = iso_millis(sprint.activated_at, "Z")
        row["originBoardId"] = sprint.team.board_id
        row["self"] = f"{self.agile}/sprint/{sprint.number}"
        return row

    def issue(self, issue: Issue) -> Json:
        """An issue with its embedded changelog, newest entry first."""
        histories = [self.history(*entry) for entry in reversed(issue.histories)]
        total = len(histories)
        if issue.number in self.cut:
            histories = histories[: total // 2]
        return {
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": str(issue.number),
            "self": f"{self.api}/issue/{issue.number}",
            "key": issue.key,
            "fields": self.fields(issue),
            "changelog": {"startAt": 0, "maxResults": len(histories), "total": total, "histories": histories},
        }

    def fields(self, issue: Issue) -> Json:
        world = self.world
        parent = issue.parent or issue.epic
        project = issue.project_key
        return {
            "summary": issue.summary,
            "description": issue.description or None,
            "issuetype": self.kind(issue.kind),
            "project": {
                "id": str(project_id(world, project)),
                "key": project,
                "name": _project_name(world, project),
            },
            "status": self.status(issue.status),
            "resolution": _named(RESOLUTIONS, issue.resolution),
            "resolutiondate": _instant(issue.resolved_at),
            "created": iso_millis(issue.created_at, "+0000"),
            "updated": iso_millis(issue.updated_at, "+0000"),
            "priority": _named(_PRIORITIES, issue.priority),
            "labels": issue.labels,
            "assignee": self.user(issue.assignee),
            "reporter": self.user(issue.reporter),
            "creator": self.user(issue.reporter),
            "parent": self.reference(parent) if parent else None,
            "subtasks": [self.reference(subtask) for subtask in issue.subtasks],
            "issuelinks": [self.link(*link) for link in issue.links],
            "customfield_10014": issue.epic.key if issue.epic else None,
            "customfield_10020": [self.sprint(sprint, is_field=True) for sprint in issue.sprints] or None,
            "customfield_10050": _option(_PLACES, issue.found_in),
            "customfield_10051": _option(_SEVERITIES, issue.severity),
            "customfield_10052": issue.outcome,
        }

    def history(self, number: int, at: int, who: Reporter, items: list[dict[str, str | None]]) -> Json:
        return {
            "id": str(number),
            "author": {"accountId": who.account_id, "displayName": who.name, "accountType": who.kind},
            "created": iso_millis(at, "+0000"),
            "items": items,
        }

    def full_changelogs(self) -> Iterator[Json]:
        """The changelog endpoint's entries, oldest first, with the issue that the export command adds."""
        for issue in self.world.issues:
            if self.cut.get(issue.number):
                for entry in issue.histories:
                    yield {**self.history(*entry), "issueId": str(issue.number), "issueKey": issue.key}


def _instant(at: int | None) -> str | None:
    return None if at is None else iso_millis(at, "+0000")


def _named(numbers: dict[str, str], name: str | None) -> Json | None:
    return {"id": numbers[name], "name": name} if name else None


def _option(numbers: dict[str, str], value: str | None) -> Json | None:
    return {"id": numbers[value], "value": value} if value else None


def _project_name(world: World, key: str) -> str:
    names = {"HELP": "Customer support", "OPS": "Operations"}
    return names.get(key) or next(team.name for team in world.teams if team.project_key == key)


def _fields() -> Iterator[Json]:
    """Descriptions of the fields that matter here."""
    system = {"summary": "Summary", "status": "Status", "resolution": "Resolution", "issuetype": "Issue Type"}
    for key, name in system.items():
        schema: Json = {"type": "string" if key == "summary" else key, "system": key}
        yield {"id": key, "key": key, "name": name, "custom": False, "schema": schema}
    custom = {
        "customfield_10014": ("Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link"),
        "customfield_10020": ("Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint"),
        CUSTOM_FIELDS["Found In"]: (
            "Found In",
            "option",
            "com.atlassian.jira.plugin.system.customfieldtypes:select",
        ),
        CUSTOM_FIELDS["Severity"]: (
            "Severity",
            "option",
            "com.atlassian.jira.plugin.system.customfieldtypes:select",
        ),
        CUSTOM_FIELDS["Outcome"]: (
            "Outcome",
            "string",
            "com.atlassian.jira.plugin.system.customfieldtypes:textfield",
        ),
    }
    for key, (name, kind, plugin) in custom.items():
        schema = {"type": kind, "custom": plugin, "customId": int(key[-5:])}
        yield {"id": key, "key": key, "name": name, "custom": True, "schema": schema}
