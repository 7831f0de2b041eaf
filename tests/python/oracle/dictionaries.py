"""The reference lists that the definitions lean on, read from their CSV files.

Where a list is not given, the plain values of the definitions stand in for it.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .exports import Account, Issue

Row = dict[str, str]


@dataclass(frozen=True)
class Marker:
    """A text to look for, and how it is compared; without regard to case."""

    text: str
    kind: str = "exact"

    def matches(self, value: str | None) -> bool:
        """Whether a value is, begins with, ends with or contains the text."""
        found, wanted = (value or "").strip().lower(), self.text.lower()
        if self.kind == "prefix":
            return found.startswith(wanted)
        if self.kind == "suffix":
            return found.endswith(wanted)
        if self.kind == "contains":
            return wanted in found
        return found == wanted


def exact(*texts: str) -> list[Marker]:
    """Return markers that must be the whole value."""
    return [Marker(text) for text in texts]


def any_matches(markers: Iterable[Marker], value: str | None) -> bool:
    """Whether any marker matches a value."""
    return any(marker.matches(value) for marker in markers)


@dataclass(frozen=True)
class Source:
    """What a KPI needs of one role; requirements of one name stand in for each other."""

    kpi: str
    requirement: str
    needs: str
    tool: str
    objects: tuple[str, ...]
    stale_after_days: int | None = None


def _plain_sources() -> list[Source]:
    changes = ("github", ("pull_requests",))
    deployments = ("github", ("deployments", "deployment_statuses"))
    issues, incidents = ("jira", ("issues",)), ("pagerduty", ("incidents",))
    return [
        Source("lead_time", "changes", "span", *changes),
        Source("lead_time", "deployments", "span", *deployments),
        Source("delivery_predictability", "issues", "span", *issues),
        Source("delivery_predictability", "sprints", "span_if_loaded", "jira", ("sprints",)),
        Source("cycle_time", "issues", "span", *issues),
        Source("key_person_concentration", "commits", "span", "git", ("commits",)),
        Source("change_failure_rate", "deployments", "span", *deployments),
        Source("change_failure_rate", "incidents", "span", *incidents),
        Source("time_to_restore", "incidents", "span", *incidents),
        Source("defect_escape", "issues", "span", *issues),
        Source("rework_ratio", "changes", "span", *changes),
        Source("rework_ratio", "issues", "span", *issues),
        Source("outcome_linked_work", "issues", "span", *issues),
        Source("outcome_linked_work", "changes", "span", *changes),
        Source("outcome_linked_work", "outcomes", "loaded", "planning", ("roadmap_items",)),
        Source("outcome_linked_work", "outcomes", "span", "hubspot", ("deals",)),
        Source("outcome_linked_work", "outcomes", "loaded", "planning", ("objectives",)),
        Source("roadmap_accuracy", "roadmap", "end", "planning", ("roadmap_items",)),
    ]


@dataclass
class Dictionaries:
    """Every reference list, with a question for each."""

    production_environments: list[Marker] = field(default_factory=lambda: exact("production", "prod"))
    long_lived_branches: list[Marker] = field(
        default_factory=lambda: [*exact("main", "master", "develop"), Marker("release/", "prefix")]
    )
    hotfix_branches: list[Marker] = field(
        default_factory=lambda: [*exact("hotfix"), Marker("hotfix/", "prefix"), Marker("hotfix-", "prefix")]
    )
    hotfix_labels: list[Marker] = field(default_factory=lambda: exact("hotfix"))
    incident_exclusions: list[tuple[str, Marker, str]] = field(
        default_factory=lambda: [("urgency", Marker("low"), "low_urgency")]
    )
    bots: set[str] = field(default_factory=set)
    source_extensions: set[str] = field(default_factory=lambda: {"py", "sql", "js", "ts", "go", "java"})
    excluded_paths: list[tuple[str, str, str]] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    cancelling_statuses: dict[str, str] = field(default_factory=dict)
    resolutions: dict[str, str] = field(
        default_factory=lambda: {
            "won't do": "wont_do",
            "won't fix": "wont_do",
            "duplicate": "duplicate",
            "cannot reproduce": "cannot_reproduce",
            "not a bug": "not_a_bug",
        }
    )
    issue_types: dict[str, str] = field(
        default_factory=lambda: {
            "bug": "defect",
            "defect": "defect",
            "incident": "incident",
            "incident follow-up": "incident_follow_up",
            "sub-task": "subtask",
            "epic": "epic",
        }
    )
    found_in: dict[str, str] = field(
        default_factory=lambda: {
            "production": "production",
            "development": "development",
            "review": "review",
            "qa": "qa",
            "staging": "staging",
        }
    )
    severities: dict[tuple[str, str], bool] = field(
        default_factory=lambda: {("severity", name): True for name in ("critical", "major", "blocker")}
    )
    outside_reporters: list[tuple[str, Marker]] = field(
        default_factory=lambda: [("account_type", Marker("customer"))]
    )
    sources: list[Source] = field(default_factory=_plain_sources)

    def is_production_environment(self, name: str) -> bool:
        """Whether an environment is production."""
        return any_matches(self.production_environments, name)

    def is_long_lived(self, branch: str) -> bool:
        """Whether a branch lives on (main, release, develop)."""
        return any_matches(self.long_lived_branches, branch)

    def is_hotfix(self, branch: str, labels: list[str]) -> bool:
        """Whether a branch or a label says hotfix."""
        by_label = any(any_matches(self.hotfix_labels, label) for label in labels)
        return any_matches(self.hotfix_branches, branch) or by_label

    def incident_exclusion(self, urgency: str | None, title: str, service: str | None) -> str | None:
        """Return why an incident is no outage of production; of several reasons the first by name."""
        values = {"urgency": urgency, "title": title, "service": service}
        found = {reason for name, marker, reason in self.incident_exclusions if marker.matches(values[name])}
        return min(found, default=None)

    def is_bot(self, identifier: str) -> bool:
        """Whether a login or an address is listed as a bot."""
        return identifier.lower() in self.bots

    def file_exclusion(self, path: str) -> str | None:
        """Return why a file is no source file: vendored, generated, lock_file, binary, not_source."""
        lower = path.lower()
        name = lower.rsplit("/", 1)[-1]
        extension = name.rsplit(".", 1)[1] if "." in name else ""
        folders = "/" + lower.rsplit("/", 1)[0] + "/" if "/" in lower else "/"
        reasons = set()
        for kind, pattern, reason in self.excluded_paths:
            is_hit = (
                (kind == "folder" and f"/{pattern}/" in folders)
                or (kind == "name" and name == pattern)
                or (kind == "name_suffix" and name.endswith(pattern))
                or (kind == "extension" and extension == pattern)
            )
            if is_hit:
                reasons.add(reason)
        for reason in ("vendored", "generated", "lock_file", "binary"):
            if reason in reasons:
                return reason
        return None if extension in self.source_extensions else "not_source"

    def is_source(self, path: str) -> bool:
        """Whether a path has the extension of a source file."""
        name = path.lower().rsplit("/", 1)[-1]
        return "." in name.lstrip(".") and name.rsplit(".", 1)[1] in self.source_extensions

    def status_category(self, name: str) -> str | None:
        """Return todo, in_progress or done for a status, ``None`` for one that is not listed."""
        return self.statuses.get(name.lower())

    def cancelling_status(self, name: str) -> str | None:
        """Return why a status itself says that an issue was not delivered."""
        return self.cancelling_statuses.get(name.lower())

    def resolution_kind(self, resolution: str | None) -> str | None:
        """Return wont_do, duplicate, cannot_reproduce or not_a_bug, ``None`` for a delivery."""
        return self.resolutions.get((resolution or "").lower())

    def _is_type(self, type_name: str, kind: str) -> bool:
        return self.issue_types.get(type_name.lower()) == kind

    def is_defect_type(self, type_name: str) -> bool:
        """Whether a type of issue is a defect."""
        return self._is_type(type_name, "defect")

    def is_incident_type(self, type_name: str) -> bool:
        """Whether a type of issue is an incident's ticket."""
        return self._is_type(type_name, "incident")

    def is_follow_up_type(self, type_name: str) -> bool:
        """Whether a type of issue follows up an incident."""
        return self._is_type(type_name, "incident_follow_up")

    def is_subtask_type(self, type_name: str) -> bool:
        """Whether a type of issue is a sub-task."""
        return self._is_type(type_name, "subtask")

    def is_epic_type(self, type_name: str) -> bool:
        """Whether a type of issue stands above the standard level."""
        return self._is_type(type_name, "epic")

    def keeps_the_lights_on(self, issue: Issue) -> bool:
        """Whether an issue keeps things running rather than moving them on."""
        kind = self.issue_types.get(issue.type_name.lower())
        return kind in ("defect", "incident", "incident_follow_up", "maintenance")

    def found_in_stage(self, value: str | None) -> str | None:
        """Return the stage of a found-in value, production or one before it; ``None`` for nothing."""
        return self.found_in.get((value or "").lower())

    def is_severe(self, severity: str | None, priority: str | None) -> bool:
        """Whether a severity is severe; the priority serves where it is blank or not listed."""
        by_severity = self.severities.get(("severity", (severity or "").lower()))
        if by_severity is not None:
            return by_severity
        return self.severities.get(("priority", (priority or "").lower()), False)

    def is_outside_reporter(self, reporter: Account | None) -> bool:
        """Whether a customer or support reported something."""
        if reporter is None:
            return False
        values = {"account_type": reporter.kind, "account_id": reporter.identifier, "email": reporter.email}
        return any(marker.matches(values[name]) for name, marker in self.outside_reporters)


def read_dictionaries(folder: Path) -> Dictionaries:
    """Read the dictionaries of a folder; a list that is not there keeps the definitions' plain values."""
    found = Dictionaries()
    if rows := _rows(folder, "production_environments"):
        found.production_environments = [Marker(row["environment"], row["match_kind"]) for row in rows]
    if rows := _rows(folder, "long_lived_branches"):
        found.long_lived_branches = [Marker(row["branch"], row["match_kind"]) for row in rows]
    if rows := _rows(folder, "hotfix_markers"):
        of = {
            name: [Marker(row["marker"], row["match_kind"]) for row in rows if row["field"] == name]
            for name in ("branch", "label")
        }
        found.hotfix_branches, found.hotfix_labels = of["branch"], of["label"]
    if rows := _rows(folder, "incident_exclusions"):
        found.incident_exclusions = [
            (row["field"], Marker(row["marker"], row["match_kind"]), row["excluded_because"]) for row in rows
        ]
    if rows := _rows(folder, "bots"):
        found.bots = {row["identifier"].lower() for row in rows}
    if rows := _rows(folder, "source_extensions"):
        found.source_extensions = {row["extension"].lower() for row in rows}
    if rows := _rows(folder, "excluded_paths"):
        found.excluded_paths = [
            (row["match_kind"], row["pattern"].lower(), row["excluded_because"]) for row in rows
        ]
    if rows := _rows(folder, "issue_statuses"):
        found.statuses = {row["status_name"].lower(): row["status_category"] for row in rows}
        found.cancelling_statuses = {
            row["status_name"].lower(): row["cancelled_because"] for row in rows if row["cancelled_because"]
        }
    if rows := _rows(folder, "resolutions"):
        found.resolutions = {row["resolution"].lower(): row["resolution_kind"] for row in rows}
    if rows := _rows(folder, "issue_types"):
        found.issue_types = {row["issue_type"].lower(): row["issue_kind"] for row in rows}
    if rows := _rows(folder, "found_in_values"):
        found.found_in = {row["found_in"].lower(): row["stage"] for row in rows}
    if rows := _rows(folder, "severities"):
        found.severities = {
            (row["field"], row["severity"].lower()): row["is_severe"] == "true" for row in rows
        }
    if rows := _rows(folder, "customer_reporters"):
        found.outside_reporters = [(row["field"], Marker(row["marker"], row["match_kind"])) for row in rows]
    needs = _rows(folder, "kpi_sources")
    roles = _rows(folder, "source_roles")
    if needs and roles:
        found.sources = _sources(needs, roles)
    return found


def _sources(needs: list[Row], roles: list[Row]) -> list[Source]:
    found = []
    for need in needs:
        of_role = [row for row in roles if row["role"] == need["role"]]
        for tool in sorted({row["tool"] for row in of_role}):
            of_tool = [row for row in of_role if row["tool"] == tool]
            limits = [int(row["stale_after_days"]) for row in of_tool if row["stale_after_days"]]
            found.append(
                Source(
                    need["kpi"],
                    need["requirement"],
                    need["needs"],
                    tool,
                    tuple(row["object"] for row in of_tool),
                    min(limits, default=None),
                )
            )
    return found


def _rows(folder: Path, name: str) -> list[Row]:
    path = folder / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))
