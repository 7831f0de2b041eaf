"""What may be odd in the issue tracker. Entries are appended or cut as the tracker itself would."""

from __future__ import annotations

from datetime import datetime
from random import Random

from scorecard.simulate.tracker import RESOLUTIONS, STATUSES

from .export import Export, Json, jira_instant, parse, seconds
from .github import keys_of
from .registry import mutation, some

ISSUES, SPRINTS, LOGS = "jira/issues", "jira/sprints", "jira/issue_changelogs"
CATEGORIES = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}
ITEM = {"fieldtype": "jira", "from": None, "fromString": None, "to": None, "toString": None}


def entries(issue: Json) -> list[Json]:
    """An issue's changelog as it is embedded, newest first."""
    return list(issue["changelog"]["histories"])


def last_at(issue: Json) -> datetime:
    """When anything last happened to an issue."""
    return max(parse(row["created"]) for row in [*entries(issue), {"created": issue["fields"]["created"]}])


def record(export: Export, issue: Json, at: datetime, *items: Json) -> None:
    """Add an entry to an issue's changelog, the newest."""
    entry = {
        "id": str(export.number()),
        "author": {"accountId": "5f00", "displayName": "Ann", "accountType": "atlassian"},
        "created": jira_instant(at),
        "items": [{**ITEM, **item} for item in items],
    }
    issue["changelog"]["histories"].insert(0, entry)
    issue["changelog"]["total"] += 1
    issue["changelog"]["maxResults"] = len(issue["changelog"]["histories"])
    issue["fields"]["updated"] = entry["created"]
    if any(row["issueId"] == issue["id"] for row in export.of(LOGS)):
        export.of(LOGS).append({**entry, "issueId": issue["id"], "issueKey": issue["key"]})


OTHER_STATUSES = {
    "Blocked": ("10901", "indeterminate"),
    "Cancelled": ("10902", "done"),
    "Won't Do": ("10903", "done"),
    "Released": ("10904", "done"),
    "Backlog": ("10905", "new"),
    "Rejected": ("10906", "indeterminate"),
    "Kaputt": ("10907", "indeterminate"),
}
"""Statuses that the list does not hold; an issue that stands in one tells its category."""


def status_of(name: str) -> Json:
    """A status as an issue shows it."""
    number, category = {**STATUSES, **OTHER_STATUSES}[name]
    return {"id": number, "name": name, "statusCategory": {"key": category, "name": CATEGORIES[category]}}


def move(export: Export, issue: Json, at: datetime, name: str, resolution: str | None = "Done") -> None:
    """Change an issue's status, and its resolution where it becomes or stops being done."""
    before, after = issue["fields"]["status"], status_of(name)
    items: list[Json] = [
        {
            "field": "status",
            "fieldId": "status",
            "from": before["id"],
            "fromString": before["name"],
            "to": after["id"],
            "toString": name,
        }
    ]
    was = issue["fields"]["resolution"]
    now = resolution if after["statusCategory"]["key"] == "done" else None
    if (was or {}).get("name") != now:
        items.append(
            {
                "field": "resolution",
                "fieldId": "resolution",
                "from": was and was["id"],
                "fromString": was and was["name"],
                "to": RESOLUTIONS.get(now or ""),
                "toString": now,
            }
        )
        issue["fields"]["resolution"] = {"id": RESOLUTIONS.get(now, "99"), "name": now} if now else None
    issue["fields"]["status"] = after
    record(export, issue, at, *items)


def later(random: Random, issue: Json) -> datetime:
    """Soon after the last thing that happened to an issue, or at that very instant."""
    return last_at(issue) + seconds(random.choice([0, 0.001, 1, 3600, 86_400, 7 * 86_400]))


def standard(export: Export) -> list[Json]:
    """Issues that are neither epics nor sub-tasks."""
    return [row for row in export.of(ISSUES) if row["fields"]["issuetype"]["hierarchyLevel"] == 0]


# The way through the workflow ------------------------------------------------------------------------


@mutation
def issues_moved(export: Export, random: Random) -> None:
    """Any status after any other: reopened, closed twice, straight to done, back to to-do."""
    for issue in some(random, standard(export), 5):
        for _ in range(random.randint(1, 3)):
            move(export, issue, later(random, issue), random.choice(list(STATUSES)))


@mutation
def issues_reopened(export: Export, random: Random) -> None:
    """Done, reopened, and perhaps done again."""
    for issue in some(random, standard(export), 4):
        for name in random.choice([["Done", "To Do"], ["In Progress"], ["In Progress", "Done"], ["Closed"]]):
            move(export, issue, later(random, issue), name)


@mutation
def issues_cancelled(export: Export, random: Random) -> None:
    """Closed for a reason that says not delivered; with an unlisted resolution; resolved while open."""
    for issue in some(random, export.of(ISSUES), 4):
        names = ["Won't Do", "Duplicate", "Cannot Reproduce", "Not a Bug", "Fixed", "Parked", "won't fix"]
        if random.random() < 0.7:
            move(export, issue, later(random, issue), random.choice(["Done", "Closed"]), random.choice(names))
        else:
            name = random.choice([*names, None])
            issue["fields"]["resolution"] = {"id": "77", "name": name} if name else None


@mutation
def status_out_of_the_list(export: Export, random: Random) -> None:
    """Statuses that the list of statuses does not hold: renamed, deleted, known by name alone."""
    for issue in some(random, standard(export)):
        move(export, issue, later(random, issue), random.choice(list(OTHER_STATUSES)))
        if random.random() < 0.5:
            move(export, issue, later(random, issue), "Done")


@mutation
def statuses_not_exported(export: Export, random: Random) -> None:
    """No list of statuses, or a shorter one."""
    if random.random() < 0.5:
        export.rows.pop("jira/workflow_statuses", None)
    elif "jira/workflow_statuses" in export.rows:
        export.rows["jira/workflow_statuses"] = export.of("jira/workflow_statuses")[::2]


@mutation
def entries_at_one_instant(export: Export, random: Random) -> None:
    """Two moves within one millisecond: their numbers tell the order."""
    for issue in some(random, standard(export)):
        at = later(random, issue)
        for name in random.sample(list(STATUSES), 2):
            move(export, issue, at, name)


@mutation
def changelog_cut_short(export: Export, random: Random) -> None:
    """Only the newest entries are embedded; the rest was fetched apart, in part, or not at all."""
    for issue in some(random, export.of(ISSUES), 6):
        held = entries(issue)
        if len(held) < 2 or LOGS not in export.rows:
            continue
        issue["changelog"]["histories"] = held[: random.randrange(len(held))]
        issue["changelog"]["maxResults"] = len(issue["changelog"]["histories"])
        missing = held[len(issue["changelog"]["histories"]) :]
        export.rows[LOGS] = [row for row in export.of(LOGS) if row["issueId"] != issue["id"]]
        for entry in missing[: random.choice([0, len(missing), max(0, len(missing) - 1)])]:
            export.of(LOGS).append({**entry, "issueId": issue["id"], "issueKey": issue["key"]})


@mutation
def no_changelogs(export: Export, random: Random) -> None:
    """Issues without any history."""
    for issue in some(random, export.of(ISSUES), 8):
        issue["changelog"] = {"startAt": 0, "maxResults": 0, "total": 0, "histories": []}
        if LOGS in export.rows:
            export.rows[LOGS] = [row for row in export.of(LOGS) if row["issueId"] != issue["id"]]


# Kinds and fields ------------------------------------------------------------------------------------


TYPES = (
    ("Bug", 0),
    ("Defect", None),
    ("Sub-task", -1),
    ("Sub-bug", -1),
    ("Epic", 1),
    ("Initiative", 2),
    ("Spike", 0),
    ("Research", None),
    ("Incident", 0),
    ("Incident Follow-up", 0),
    ("epic", None),
    ("Technical Sub-task", None),
)
"""Types and their levels; old servers state no level."""


@mutation
def types_changed(export: Export, random: Random) -> None:
    """Other types, some that no list knows, some without a level."""
    for issue in some(random, export.of(ISSUES), 5):
        number, (name, level) = random.choice(list(enumerate(TYPES, start=20_000)))
        kind = {"id": str(number), "name": name, "subtask": level == -1, "hierarchyLevel": level}
        issue["fields"]["issuetype"] = kind


@mutation
def many_defects(export: Export, random: Random) -> None:
    """Enough defects for a rate: half of the issues, found wherever."""
    for issue in standard(export)[::2]:
        issue["fields"]["issuetype"] = {"id": "10004", "name": "Bug", "subtask": False, "hierarchyLevel": 0}
        place = random.choice(["Production", "QA", "Review", "Staging", "Development", None])
        issue["fields"]["customfield_10050"] = {"id": "1", "value": place} if place else None


@mutation
def found_in_odd(export: Export, random: Random) -> None:
    """Where a defect was found, in whatever form the field has."""
    for issue in some(random, standard(export), 6):
        value = random.choice(["Production", "PROD", " qa ", "Live", "Customer", "mars", "", "code review"])
        issue["fields"]["customfield_10050"] = random.choice(
            [value, {"id": "1", "value": value}, [{"id": "1", "value": value}], [value], [], None]
        )


@mutation
def severities_odd(export: Export, random: Random) -> None:
    """Severity and priority by other names."""
    for issue in some(random, standard(export), 5):
        value = random.choice(["Critical", "critical", "S1", "Sev-1", "Blocker", "Odd"])
        issue["fields"]["customfield_10051"] = random.choice([value, {"value": value}, None])
        issue["fields"]["priority"] = random.choice(
            [{"id": "1", "name": "Highest"}, {"id": "9", "name": "P1"}, None]
        )


@mutation
def reporters_odd(export: Export, random: Random) -> None:
    """Customers, the support desk, apps, nobody."""
    for issue in some(random, export.of(ISSUES), 5):
        issue["fields"]["reporter"] = random.choice(
            [
                None,
                {"accountId": "qm:1", "accountType": "customer", "displayName": "A customer"},
                {"accountId": "5f9", "accountType": "atlassian", "emailAddress": "Support@acme.example"},
                {"accountId": "5f8", "accountType": "atlassian", "emailAddress": "ann.support@acme.example"},
                {"accountId": "5f7", "accountType": "app", "displayName": "Automation"},
            ]
        )


@mutation
def assigned_otherwise(export: Export, random: Random) -> None:
    """Handed over at the finish, just after it, to nobody, to somebody unknown."""
    people = [row for row in export.of("jira/users") if row["accountType"] == "atlassian"]
    people += [{"accountId": "5funknown", "displayName": "Stranger", "accountType": "atlassian"}]
    for issue in some(random, export.of(ISSUES), 5):
        hand_over(export, issue, later(random, issue), random.choice([*people, None]))


@mutation
def issues_of_bots(export: Export, random: Random) -> None:
    """Assigned to programs, from the beginning or later; a list of accounts or the issue alone says so."""
    listed = {"accountId": "557058:upkeep", "displayName": "Upkeep", "accountType": "app"}
    shown = {"accountId": "557058:Tidy", "displayName": "Tidy", "accountType": "app"}
    if "jira/users" in export.rows:
        export.of("jira/users").append({**listed, "active": True})
    # The account is an app's although this issue does not say so.
    plain = {"accountId": listed["accountId"], "displayName": listed["displayName"]}
    for issue in some(random, export.of(ISSUES), 6):
        after = random.choice([listed, shown, plain, {**shown, "accountId": "557058:tidy"}])
        if random.random() < 0.5 and not any(
            item["field"] == "assignee" for entry in entries(issue) for item in entry["items"]
        ):
            issue["fields"]["assignee"] = after
        else:
            hand_over(export, issue, later(random, issue), after)


def hand_over(export: Export, issue: Json, at: datetime, after: Json | None) -> None:
    """Assign an issue to somebody else, unless it is theirs."""
    before = issue["fields"]["assignee"]
    if (before or {}).get("accountId") == (after or {}).get("accountId"):
        return
    item = {
        "field": "assignee",
        "fieldId": "assignee",
        "from": before and before["accountId"],
        "fromString": before and before.get("displayName"),
        "to": after and after["accountId"],
        "toString": after and after.get("displayName"),
    }
    issue["fields"]["assignee"] = after
    record(export, issue, at, item)


@mutation
def labels_odd(export: Export, random: Random) -> None:
    """Labels are no tie."""
    for issue in some(random, export.of(ISSUES), 5):
        issue["fields"]["labels"] = random.sample(
            ["hotfix", "OBJ-01", "revenue", "Überlast", "", " growth ", "two words"], 2
        )


@mutation
def issue_fields_empty(export: Export, random: Random) -> None:
    """Fields that may be empty are."""
    for issue in some(random, export.of(ISSUES), 6):
        name = random.choice(
            [
                "description",
                "assignee",
                "reporter",
                "priority",
                "parent",
                "customfield_10014",
                "customfield_10051",
                "resolution",
                "resolutiondate",
            ]
        )
        issue["fields"][name] = None


# Belonging -------------------------------------------------------------------------------------------


@mutation
def epics_changed(export: Export, random: Random) -> None:
    """Put under another epic, by either field, sooner or later, or under what is no epic."""
    epics = [row for row in export.of(ISSUES) if row["fields"]["issuetype"]["hierarchyLevel"] == 1]
    for issue in some(random, standard(export), 5):
        fields = issue["fields"]
        other = random.choice([*epics, random.choice(export.of(ISSUES))])
        if other is issue:
            continue
        before = fields["customfield_10014"]
        by_id = {row["key"]: row["id"] for row in export.of(ISSUES)}
        item = {"from": by_id.get(before), "fromString": before, "to": other["id"], "toString": other["key"]}
        fields["customfield_10014"] = other["key"]
        fields["parent"] = {"id": other["id"], "key": other["key"], "fields": {"summary": "?"}}
        if random.random() < 0.3:
            fields["customfield_10014"] = None
        name = random.choice(["Epic Link", "IssueParentAssociation", None])
        if name == "Epic Link":
            item |= {"field": name, "fieldtype": "custom", "fieldId": "customfield_10014"}
            record(export, issue, later(random, issue), item)
        elif name:
            record(export, issue, later(random, issue), {**item, "field": name})


@mutation
def moved_to_another_project(export: Export, random: Random) -> None:
    """A new key; the old one still leads to the issue, unless another issue bears it now."""
    projects = [row["project_key"] for row in export.sheet("projects")] + ["HELP", "NEW_ONE", "ZED"]
    for issue in some(random, standard(export)):
        project, before = random.choice(projects), issue["key"]
        key = f"{project}-{export.number()}"
        issue["key"], issue["fields"]["project"] = key, {"id": "1", "key": project, "name": project}
        item = {"field": "Key", "fromString": before, "toString": key}
        record(export, issue, later(random, issue), item)
        for other in export.of(LOGS):
            if other["issueId"] == issue["id"]:
                other["issueKey"] = key


@mutation
def linked_to_an_incident(export: Export, random: Random) -> None:
    """Linked to an incident's ticket, from either side, or to an issue that is gone."""
    tickets = [row for row in export.of(ISSUES) if row["fields"]["issuetype"]["name"] == "Incident"]
    for issue in some(random, standard(export)):
        other = random.choice([*tickets, *some(random, export.of(ISSUES)), {"id": "1", "key": "GONE-1"}])
        side = random.choice(["inwardIssue", "outwardIssue"])
        link = {"id": str(export.number()), "type": {"id": "1", "name": "Problem/Incident"}}
        link[side] = {"id": other["id"], "key": other["key"]}
        issue["fields"]["issuelinks"] = [*issue["fields"]["issuelinks"], link]


@mutation
def text_names_an_incident(export: Export, random: Random) -> None:
    """A description, plain or a document, that names an incident by its number or address."""
    for issue in some(random, standard(export)):
        if not export.of("pagerduty/incidents"):
            return
        incident = random.choice(export.of("pagerduty/incidents"))
        name = random.choice([incident["id"], incident["html_url"] or incident["id"], incident["id"].lower()])
        text = random.choice(["See {}.", "({})", "{}", "X{}", "see <{}>, please", "{}/notes"]).format(name)
        document = {
            "type": "doc",
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
        }
        if random.random() < 0.3:
            issue["fields"]["summary"] = text
        else:
            issue["fields"]["description"] = random.choice([text, document])


@mutation
def outcome_field(export: Export, random: Random) -> None:
    """The outcome field names something: by number or name, known or not, set early or late."""
    names = [row["objective_id"] for row in export.sheet("objectives")]
    names += [row["name"].upper() for row in export.sheet("objectives")]
    for row in [*export.of("hubspot/deals"), *export.of("hubspot/companies")]:
        properties = row["properties"]
        names += [row["id"], properties.get("dealname") or properties.get("name") or "?"]
    for issue in some(random, export.of(ISSUES), 6):
        value = random.choice([*some(random, names), "growth", "", f" {random.choice(names or ['x'])} "])
        fields = issue["fields"]
        before = fields["customfield_10052"]
        fields["customfield_10052"] = random.choice([value, {"id": "5", "value": value}]) if value else None
        if random.random() < 0.6 and isinstance(before, str | None):
            item = {
                "field": "Outcome",
                "fieldtype": "custom",
                "fieldId": "customfield_10052",
                "fromString": before,
                "toString": value or None,
            }
            record(export, issue, later(random, issue), item)


CUSTOM = {
    "Found In": ("customfield_10050", ("Production", "QA", None)),
    "Severity": ("customfield_10051", ("Critical", "Minor", None)),
    "Outcome": ("customfield_10052", ("growth", "OBJ-01", None)),
}


@mutation
def custom_field_twice(export: Export, random: Random) -> None:
    """A second custom field of a followed one's name; entries name either, with the id or without."""
    name, (own, values) = random.choice(list(CUSTOM.items()))
    other = "customfield_20099"
    if "jira/issue_fields" in export.rows and random.random() < 0.7:
        named = random.choice([name, name.upper()])
        export.of("jira/issue_fields").append({"id": other, "key": other, "name": named, "custom": True})
    for issue in some(random, export.of(ISSUES), 8):
        for _ in range(random.randint(1, 2)):
            before, after = random.choice(values), random.choice(values)
            item = {"field": name, "fieldtype": "custom", "fromString": before, "toString": after}
            field = random.choice([own, other, other, None])
            if field == own:
                item["fromString"] = _shown(issue["fields"].get(own))
                issue["fields"][own] = after
            record(export, issue, later(random, issue), item if field is None else {**item, "fieldId": field})


def _shown(value: object) -> str | None:
    return str(value["value"]) if isinstance(value, dict) else value if isinstance(value, str) else None


@mutation
def entries_without_field_ids(export: Export, random: Random) -> None:
    """Older servers name the fields of their entries and give no ids."""
    for issue in some(random, export.of(ISSUES), 8):
        for entry in [*entries(issue), *(row for row in export.of(LOGS) if row["issueId"] == issue["id"])]:
            for item in entry["items"]:
                item.pop("fieldId", None)
    if random.random() < 0.3:
        export.rows.pop("jira/issue_fields", None)


@mutation
def issues_gone(export: Export, random: Random) -> None:
    """Deleted issues, to which others still point."""
    gone = [row["id"] for row in some(random, export.of(ISSUES), 4)]
    if ISSUES in export.rows:
        export.rows[ISSUES] = [row for row in export.of(ISSUES) if row["id"] not in gone]


@mutation
def key_in_odd_letters(export: Export, random: Random) -> None:
    """A change's text names an issue whose project key has digits or an underscore."""
    for issue in some(random, standard(export), 2):
        before, number = issue["key"], export.number()
        project = random.choice(["A2", "NEW_ONE", "X_1"])
        issue["key"], issue["fields"]["project"] = (
            f"{project}-{number}",
            {"id": "1", "key": project, "name": "?"},
        )
        for pull in some(random, export.of("github/pull_requests")):
            pull["title"] = random.choice([issue["key"], issue["key"].lower(), f"a_{issue['key']}", before])
            pull["head"]["ref"] = random.choice(
                [pull["head"]["ref"], "tidy", random.choice(keys_of(export, random))]
            )


# Sprints ---------------------------------------------------------------------------------------------


def _numbers(issue: Json) -> list[str]:
    held = issue["fields"]["customfield_10020"] or []
    return [str(row["id"]) for row in held if isinstance(row, dict)]


@mutation
def sprints_changed(export: Export, random: Random) -> None:
    """Added, removed, in two at once, around starts and closes."""
    for issue in some(random, export.of(ISSUES), 6):
        sprints = some(random, export.of(SPRINTS), 2) if random.random() < 0.7 else []
        held = issue["fields"]["customfield_10020"] or []
        before = [row for row in held if isinstance(row, dict)]
        if len(before) != len(held):
            continue
        edges = [
            row.get(n) for row in [*sprints, *before] for n in ("activatedDate", "startDate", "completeDate")
        ]
        at = max(
            last_at(issue),
            parse(random.choice([edge for edge in edges if edge] or [jira_instant(last_at(issue))])),
        )
        at += seconds(random.choice([0, 0, 0.001, 60]))
        item = {
            "field": "Sprint",
            "fieldtype": "custom",
            "fieldId": "customfield_10020",
            "from": ", ".join(str(row["id"]) for row in before),
            "fromString": ", ".join(row["name"] for row in before),
            "to": ", ".join(str(row["id"]) for row in sprints),
            "toString": ", ".join(row["name"] for row in sprints),
        }
        issue["fields"]["customfield_10020"] = sprints or None
        record(export, issue, at, item)


@mutation
def sprint_field_in_old_form(export: Export, random: Random) -> None:
    """The sprint field as old servers write it, or as bare numbers."""
    for issue in some(random, export.of(ISSUES), 8):
        numbers = _numbers(issue)
        if numbers:
            old = [
                f"com.atlassian.greenhopper.service.sprint.Sprint@1[id={n},rapidViewId=3,name=S]"
                for n in numbers
            ]
            issue["fields"]["customfield_10020"] = random.choice([old, [int(n) for n in numbers]])


@mutation
def sprints_odd(export: Export, random: Random) -> None:
    """Without activation, without start, never completed, planned only."""
    for sprint in some(random, export.of(SPRINTS), 4):
        change = random.choice(["activatedDate", "startDate", "completeDate", "future"])
        if change == "future":
            sprint["state"] = "future"
            for name in ("activatedDate", "completeDate"):
                sprint.pop(name, None)
        elif change == "completeDate":
            sprint["state"] = "active"
            sprint.pop(change, None)
        else:
            sprint.pop(change, None)


@mutation
def no_sprints(export: Export, random: Random) -> None:
    """No sprint at all, or sprints that the issues know alone."""
    if SPRINTS in export.rows:
        export.rows[SPRINTS] = []
    if random.random() < 0.5:
        for issue in export.of(ISSUES):
            issue["fields"]["customfield_10020"] = None


@mutation
def all_in_one_sprint(export: Export, random: Random) -> None:
    """Everything is in one sprint from creation, without an entry."""
    if export.of(SPRINTS):
        sprint = random.choice(export.of(SPRINTS))
        for issue in export.of(ISSUES):
            is_whole = issue["changelog"]["total"] == len(entries(issue))
            named = {item["field"] for entry in entries(issue) for item in entry["items"]}
            if is_whole and "Sprint" not in named:
                issue["fields"]["customfield_10020"] = [sprint]
