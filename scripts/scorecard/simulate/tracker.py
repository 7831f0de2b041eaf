"""The issue tracker: creating issues, moving them through the workflow, and the history that this leaves."""

from __future__ import annotations

from scorecard.simulate.clock import DAY, HOUR
from scorecard.simulate.people import AUTOMATION, tracker_account
from scorecard.simulate.state import Issue, Person, Reporter, Sprint, Team, World
from scorecard.simulate.words import bug_title, decoy_title, task_title

STATUSES: dict[str, tuple[str, str]] = {
    "To Do": ("10000", "new"),
    "Selected for Development": ("10001", "new"),
    "In Progress": ("3", "indeterminate"),
    "In Review": ("10003", "indeterminate"),
    "In QA": ("10004", "indeterminate"),
    "Done": ("10005", "done"),
    "Closed": ("6", "done"),
}
RESOLUTIONS = {
    "Done": "10000",
    "Fixed": "1",
    "Won't Do": "10001",
    "Duplicate": "10002",
    "Cannot Reproduce": "10003",
    "Not a Bug": "10004",
}
CUSTOM_FIELDS = {
    "Found In": "customfield_10050",
    "Severity": "customfield_10051",
    "Outcome": "customfield_10052",
}
SUPPORT_PROJECT = ("HELP", 10_900)
OPERATIONS_PROJECT = ("OPS", 10_901)


class Tracker:
    """Creates and changes issues; every change leaves its entry in the issue's history."""

    def __init__(self, world: World) -> None:
        self.world = world

    def create(
        self, team: Team, kind: str, reporter: Reporter, summary: str = "", project: str = ""
    ) -> Issue:
        """A new issue in a team's backlog (or in `project`, out of every backlog)."""
        world = self.world
        key = project or team.project_key
        number = world.tracker_numbers.get(key, 0) + 1
        world.tracker_numbers[key] = number
        if not summary:
            summary = bug_title(world.rng) if kind == "Bug" else task_title(world.rng)
            if world.every("decoy", 60):
                summary = decoy_title(world.rng)
        issue = Issue(
            number=world.next_id("issue", 10_400),
            key=f"{key}-{number}",
            project_key=key,
            kind=kind,
            summary=summary,
            created_at=world.now,
            updated_at=world.now,
            reporter=reporter,
            priority=world.rng.choice(("High", "Medium", "Medium", "Medium", "Low")),
            team=team,
        )
        if kind in ("Story", "Task", "Bug") and world.every("label", 9):
            issue.labels.append(world.rng.choice(("tech-debt", "revenue", "okr-growth", "quick-win")))
        if world.every("first status is not To Do", 30) and kind in ("Story", "Task"):
            issue.status = "Selected for Development"
        world.issues.append(issue)
        if kind not in ("Epic", "Sub-task") and not project:
            team.backlog.append(issue)
        return issue

    def record(
        self, issue: Issue, who: Reporter, items: list[dict[str, str | None]], at: int | None = None
    ) -> None:
        """Add one entry to the history."""
        when = self.world.now if at is None else at
        # Two entries of one issue never share an instant here, as hands need time.
        if issue.histories and when <= issue.histories[-1][1]:
            when = issue.histories[-1][1] + 1
        issue.histories.append((self.world.next_id("history", 21_000), when, who, items))
        issue.updated_at = when

    def move(self, issue: Issue, status: str, who: Reporter, resolution: str | None = None) -> None:
        """Change the status, and the resolution with it where the workflow does so."""
        if issue.status == status:
            return
        items = [_item("status", STATUSES[issue.status][0], issue.status, STATUSES[status][0], status)]
        if STATUSES[status][1] == "done":
            resolution = issue.resolution or resolution or ("Fixed" if issue.kind == "Bug" else "Done")
        else:
            resolution = None
        if resolution != issue.resolution:
            items.append(
                _item(
                    "resolution",
                    RESOLUTIONS[issue.resolution] if issue.resolution else None,
                    issue.resolution,
                    RESOLUTIONS[resolution] if resolution else None,
                    resolution,
                )
            )
        issue.status, issue.resolution = status, resolution
        self.record(issue, who, items)
        if len(items) > 1:
            issue.resolved_at = issue.updated_at if resolution else None
        if STATUSES[status][1] != "new" and issue.team and issue in issue.team.backlog:
            issue.team.backlog.remove(issue)

    def assign(self, issue: Issue, person: Person | None, who: Reporter) -> None:
        """Give the issue to a person, or to no one."""
        new = tracker_account(person) if person else None
        old = issue.assignee
        if (old and old.account_id) == (new and new.account_id):
            return
        before = (old.account_id, old.name) if old else (None, None)
        after = (new.account_id, new.name) if new else (None, None)
        item = _item("assignee", *before, *after)
        issue.assignee, issue.owner = new, person
        self.record(issue, who, [item])

    def set_sprints(self, issue: Issue, sprints: list[Sprint], who: Reporter, at: int | None = None) -> None:
        """Change the sprint field, which keeps the closed sprints that an issue was in."""
        old = issue.sprints
        self.place(issue, sprints)
        item: dict[str, str | None] = {
            "field": "Sprint",
            "fieldId": "customfield_10020",
            "fieldtype": "custom",
            "from": ", ".join(str(sprint.number) for sprint in old),
            "fromString": ", ".join(sprint.name for sprint in old),
            "to": ", ".join(str(sprint.number) for sprint in sprints),
            "toString": ", ".join(sprint.name for sprint in sprints),
        }
        self.record(issue, who, [item], at)

    def place(self, issue: Issue, sprints: list[Sprint]) -> None:
        """Put the issue into sprints without an entry in its history, as at its creation."""
        issue.sprints = list(sprints)
        for sprint in sprints:
            if issue not in sprint.seen:
                sprint.seen.append(issue)

    def move_project(self, issue: Issue, team: Team, who: Reporter) -> None:
        """Move an issue to a team's project; it gets a new key and keeps answering to the old one."""
        world = self.world
        number = world.tracker_numbers.get(team.project_key, 0) + 1
        world.tracker_numbers[team.project_key] = number
        key = f"{team.project_key}-{number}"
        items = [
            _item(
                "project",
                str(project_id(world, issue.project_key)),
                issue.project_key,
                str(team.project_id),
                team.name,
            ),
            _item("Key", None, issue.key, None, key),
        ]
        issue.old_keys.append(issue.key)
        issue.key, issue.project_key = key, team.project_key
        if issue.team and issue in issue.team.backlog:
            issue.team.backlog.remove(issue)
        issue.team = team
        team.backlog.append(issue)
        self.record(issue, who, items)

    def set_epic(self, issue: Issue, epic: Issue, who: Reporter | None = None) -> None:
        """Put the issue under an epic; at creation this leaves no entry."""
        if who is not None:
            self.record(issue, who, [_item("Epic Link", None, None, str(epic.number), epic.key)])
        issue.epic = epic

    def set_option(self, issue: Issue, name: str, value: str, who: Reporter) -> None:
        """Fill a custom field after creation."""
        item = {**_item(name, None, None, None, value), "fieldId": CUSTOM_FIELDS[name], "fieldtype": "custom"}
        if name == "Found In":
            issue.found_in = value
        elif name == "Severity":
            issue.severity = value
        else:
            issue.outcome = value
        self.record(issue, who, [item])

    def link(self, issue: Issue, other: Issue, name: str, outward: bool = True) -> None:
        """Link two issues; each shows its own side."""
        number = self.world.next_id("link", 30_000)
        issue.links.append((number, name, "outward" if outward else "inward", other))
        other.links.append((number, name, "inward" if outward else "outward", issue))

    def found_defect(self, team: Team, found_in: str | None, reporter: Reporter, project: str = "") -> Issue:
        """A defect; where it was found may stay blank, or be filled in a day later."""
        world = self.world
        defect = self.create(team, "Bug", reporter, project=project)
        roll = world.rng.random()
        defect.severity = (
            "Critical" if roll < 0.07 else "Major" if roll < 0.35 else "Minor" if roll < 0.85 else "Trivial"
        )
        if world.every("severity left blank", 25):
            defect.severity = None
        if found_in and not world.every("found-in left blank", 13):
            if world.every("found-in filled later", 10):
                world.at(world.now + DAY, lambda: self.set_option(defect, "Found In", found_in, reporter))
            else:
                defect.found_in = found_in
        if world.every("defect is not valid", 11):
            resolution = ("Duplicate", "Not a Bug", "Cannot Reproduce")[defect.number % 3]
            delay = int(world.spread(30, 0.7) * HOUR)
            world.at(world.now + delay, lambda: self.cancel(defect, resolution, AUTOMATION))
        elif world.every("defect will not be fixed", 30):
            world.at(world.now + 9 * DAY, lambda: self.cancel(defect, "Won't Do", AUTOMATION))
        return defect

    def cancel(self, issue: Issue, resolution: str, who: Reporter) -> None:
        """Close an issue that nobody has begun."""
        if STATUSES[issue.status][1] == "new" and issue.owner is None:
            self.move(issue, "Closed", who, resolution)

    def add_subtasks(self, issue: Issue, reporter: Reporter) -> None:
        """One or two sub-tasks; they follow their parent."""
        for _ in range(self.world.rng.choice((1, 2))):
            if issue.team is None:
                return
            subtask = self.create(issue.team, "Sub-task", reporter, project=issue.project_key)
            subtask.parent, subtask.team = issue, issue.team
            self.place(subtask, issue.sprints)
            issue.subtasks.append(subtask)


def _item(
    field: str, old_id: str | None, old: str | None, new_id: str | None, new: str | None
) -> dict[str, str | None]:
    kind = "custom" if field in ("Epic Link", *CUSTOM_FIELDS) else "jira"
    item: dict[str, str | None] = {"field": field, "fieldtype": kind}
    if field not in ("Epic Link", "Key"):
        item["fieldId"] = field
    return {**item, "from": old_id, "fromString": old, "to": new_id, "toString": new}


def project_id(world: World, key: str) -> int:
    """The tracker's number of a project."""
    for project_key, number in (SUPPORT_PROJECT, OPERATIONS_PROJECT):
        if key == project_key:
            return number
    return next(team.project_id for team in world.teams if team.project_key == key)
