"""Reads a company's exports, as the tools give them, into plain data classes.

Knows the vendors' payloads and the folder's layout (``git``, ``github``, ``jira``, ``pagerduty``,
``hubspot``, ``planning``); knows nothing of any warehouse.  Instants are aware, in UTC.
"""

import csv
import gzip
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Payload = dict[str, Any]
TOOLS = ("git", "github", "jira", "pagerduty", "hubspot", "planning")


class ExportError(Exception):
    """An export that cannot be read; says which file, where and what to do."""


# ---------------------------------------------------------------------------------------------
# what is read


@dataclass(frozen=True)
class Account:
    """Somebody's account in one tool."""

    tool: str
    identifier: str
    kind: str | None = None
    email: str | None = None
    name: str | None = None


@dataclass
class PullRequest:
    """A pull request as GitHub lists it."""

    repository: str
    number: int
    title: str
    body: str
    author: Account | None
    labels: list[str]
    is_draft: bool
    created_at: datetime
    merged_at: datetime | None
    merge_commit_sha: str | None
    base_ref: str
    default_branch: str
    head_ref: str
    head_repository: str | None
    ready_for_review_at: datetime | None
    url: str | None = None

    @property
    def pull_request_id(self) -> str:
        """Return the key within GitHub, ``owner/name#number``."""
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True)
class PullRequestCommit:
    """A commit on a pull request's own list."""

    repository: str
    pull_number: int
    sha: str
    parents: tuple[str, ...]
    message: str
    authored_at: datetime
    author: Account | None
    author_email: str | None
    author_name: str | None


@dataclass(frozen=True)
class Review:
    """A submitted review."""

    repository: str
    pull_number: int
    reviewer: Account | None
    submitted_at: datetime
    state: str


@dataclass
class DeploymentJob:
    """A deployment as GitHub has it, with what was reported about it (instant, state)."""

    deployment_id: str
    repository: str
    sha: str
    environment: str
    created_at: datetime
    reports: list[tuple[datetime, str]] = field(default_factory=list)


@dataclass(frozen=True)
class FieldChange:
    """One item of an issue's changelog; ids and texts as Jira writes them."""

    at: datetime
    field: str
    field_id: str | None
    from_id: str | None
    from_text: str | None
    to_id: str | None
    to_text: str | None


@dataclass
class Issue:
    """A Jira issue with its changelog, oldest entry first."""

    key: str
    issue_id: str
    project_key: str
    summary: str
    description: str
    type_name: str
    is_subtask: bool
    hierarchy_level: int | None
    status_id: str | None
    status_name: str
    status_category: str | None
    resolution: str | None
    created_at: datetime
    labels: list[str]
    assignee: Account | None
    reporter: Account | None
    parent_key: str | None
    linked_keys: list[str]
    fields: Payload
    changes: list[FieldChange]
    is_history_complete: bool


@dataclass(frozen=True)
class Sprint:
    """A Jira sprint."""

    sprint_id: str
    name: str
    state: str
    activated_at: datetime | None
    start_at: datetime | None
    completed_at: datetime | None


@dataclass
class Incident:
    """A PagerDuty incident with its custom fields and log."""

    incident_id: str
    number: str | None
    title: str
    description: str
    urgency: str | None
    status: str | None
    priority: str | None
    service_id: str | None
    service_name: str | None
    created_at: datetime
    resolved_at: datetime | None
    merged_into: str | None
    custom_fields: dict[str, str]
    last_changed_by_kind: str | None
    url: str | None
    last_changed_at: datetime | None = None
    log: list[tuple[datetime, str, str | None]] = field(default_factory=list)
    """(instant, type of entry, type of the agent)."""


@dataclass(frozen=True)
class Deal:
    """A HubSpot deal; one that was archived, HubSpot's word for deleted, is not read."""

    deal_id: str
    name: str | None
    amount: str | None
    currency: str | None
    is_lost: bool | None
    """``None`` where nothing tells it."""
    closed_at: datetime | None
    created_at: datetime | None
    properties: Payload
    updated_at: datetime | None = None


@dataclass(frozen=True)
class CrmAccount:
    """A HubSpot company; one that was archived, HubSpot's word for deleted, is not read."""

    account_id: str
    name: str | None
    created_at: datetime | None
    properties: Payload


@dataclass(frozen=True)
class FileChange:
    """One path that a commit changed; ``previous_path`` for a rename."""

    change_type: str
    path: str
    previous_path: str | None = None


def co_authors_in(message: str) -> list[tuple[str, str]]:
    """Return (name, e-mail) of every ``Co-authored-by`` trailer of a commit message, in any case."""
    found = re.findall(r"(?im)^co-authored-by:[ \t]*(.*?)[ \t]*<([^>]*)>[ \t]*$", message)
    return [(name, email) for name, email in found]


@dataclass
class GitCommit:
    """A commit with the paths it changed against its first parent."""

    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    authored_at: datetime
    committed_at: datetime
    message: str
    changes: list[FileChange] = field(default_factory=list)

    @property
    def is_merge(self) -> bool:
        """Whether the commit has more than one parent."""
        return len(self.parents) > 1

    @property
    def co_authors(self) -> list[tuple[str, str]]:
        """Return (name, e-mail) of every co-author."""
        return co_authors_in(self.message)


@dataclass
class GitHistory:
    """A repository: commits oldest first (parents before children), and its default branch's line."""

    repository: str
    git_dir: Path
    commits: dict[str, GitCommit]
    line: list[str]
    """The first-parent line of the default branch, oldest first."""
    _ancestors: dict[str, set[str]] = field(default_factory=dict, repr=False)

    def tree_at(self, sha: str) -> list[str]:
        """Return every path that exists in a commit."""
        listing = _git(self.git_dir, "ls-tree", "-r", "-z", "--name-only", sha)
        return [path for path in listing.split("\0") if path]

    def ancestors(self, sha: str) -> set[str]:
        """Return a commit and all its ancestors that are in the history."""
        if sha in self._ancestors:
            return self._ancestors[sha]
        seen: set[str] = set()
        waiting = [sha]
        while waiting:
            current = waiting.pop()
            if current not in seen and current in self.commits:
                seen.add(current)
                waiting.extend(self.commits[current].parents)
        self._ancestors[sha] = seen
        return seen


@dataclass
class Company:
    """Everything that one export folder holds."""

    pull_requests: list[PullRequest] = field(default_factory=list)
    pull_request_commits: list[PullRequestCommit] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    deployment_jobs: list[DeploymentJob] = field(default_factory=list)
    github_users: list[Account] = field(default_factory=list)
    jira_users: list[Account] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    sprints: list[Sprint] = field(default_factory=list)
    status_categories: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Jira status id → (name, category key)."""
    incidents: list[Incident] = field(default_factory=list)
    incident_services: dict[str, str] = field(default_factory=dict)
    deals: list[Deal] = field(default_factory=list)
    crm_accounts: list[CrmAccount] = field(default_factory=list)
    histories: dict[str, GitHistory] = field(default_factory=dict)
    sheets: dict[str, list[dict[str, str | None]]] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    """Objects for which a file was there, ``tool.object`` (``git.commits`` for a bundle)."""
    covers: dict[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    """Per tool, what span its export speaks for; an open end speaks for all time."""
    reporting_timezone: str = "UTC"

    def sheet(self, name: str) -> list[dict[str, str | None]]:
        """Return a planning sheet's rows, none where it was not given."""
        return self.sheets.get(name, [])


# ---------------------------------------------------------------------------------------------
# instants


def instant(value: object) -> datetime | None:
    """Read an instant as the raw contract accepts it; ``None`` for nothing.

    Raises ``ExportError`` for text that is no instant.
    """
    if value is None or value == "":
        return None
    text = str(value).strip()
    if re.fullmatch(r"\d{10}", text):
        return datetime.fromtimestamp(int(text), UTC)
    if re.fullmatch(r"\d{13}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ExportError(f"'{text}' is no instant; write it as 2026-01-31T12:00:00Z") from error
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def required_instant(value: object) -> datetime:
    """Read an instant that must be there; raises ``ExportError`` where it is not."""
    moment = instant(value)
    if moment is None:
        raise ExportError("an instant is missing that the object cannot do without")
    return moment


def day(value: object) -> date | None:
    """Read a calendar day, ``None`` for nothing; an instant gives its day as written."""
    if value is None or value == "":
        return None
    return date.fromisoformat(str(value).strip()[:10])


# ---------------------------------------------------------------------------------------------
# files


def read_company(folder: Path, workspace: Path) -> Company:
    """Read an export folder; git bundles are unpacked below ``workspace``.

    Raises ``ExportError`` with file and place for what cannot be read.
    """
    company = Company()
    objects = {tool: _objects(folder / tool) for tool in ("github", "jira", "pagerduty", "hubspot")}
    for tool, by_name in objects.items():
        company.loaded |= {f"{tool}.{name}" for name in by_name}
    _read_github(company, objects["github"])
    _read_jira(company, objects["jira"])
    _read_pagerduty(company, objects["pagerduty"])
    _read_hubspot(company, objects["hubspot"])
    for path in sorted((folder / "planning").glob("*.csv*")):
        company.sheets[_object_name(path)] = _read_csv(path)
        company.loaded.add(f"planning.{_object_name(path)}")
    defaults = {pull.repository: pull.default_branch for pull in company.pull_requests}
    for bundle in sorted((folder / "git").glob("*.bundle")):
        history = read_bundle(bundle, workspace, defaults)
        company.histories[history.repository] = history
        company.loaded |= {"git.commits", "git.commit_files"}
    _read_manifest(company, folder)
    return company


def _read_manifest(company: Company, folder: Path) -> None:
    """Read what each tool's export speaks for: its own manifest says it, else the whole folder's."""
    whole = _manifest(folder / "manifest.json")
    company.reporting_timezone = whole.get("reporting_timezone") or "UTC"
    for tool in TOOLS:
        stated = _manifest(folder / tool / "manifest.json") or whole
        if stated:
            company.covers[tool] = instant(stated.get("covers_from")), instant(stated.get("covers_to"))


def _manifest(path: Path) -> Payload:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _object_name(path: Path) -> str:
    return re.sub(r"[-_]\d.*$", "", path.name.split(".")[0])


def _objects(folder: Path) -> dict[str, list[Payload]]:
    found: dict[str, list[Payload]] = {}
    for path in sorted(folder.glob("*")):
        if re.search(r"\.(json|ndjson|jsonl)(\.gz)?$", path.name):
            found.setdefault(_object_name(path), []).extend(_read_json(path))
    return found


def _text(path: Path) -> str:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
            return stream.read()
    return path.read_text(encoding="utf-8-sig")


def _read_json(path: Path) -> list[Payload]:
    text = _text(path)
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise ExportError(
                    f"{path.name}, line {number}: no JSON ({error.msg}); export it again"
                ) from error
    return rows


def _read_csv(path: Path) -> list[dict[str, str | None]]:
    rows = csv.DictReader(_text(path).splitlines(keepends=True))
    return [{name: (cell if cell != "" else None) for name, cell in row.items()} for row in rows]


def _newest(
    rows: Iterable[Payload],
    key: Callable[[Payload], object],
    version: Callable[[Payload], object] | None = None,
) -> list[Payload]:
    """Keep one row a key: the newest version; among equals, and without versions, the later row."""
    kept: dict[object, Payload] = {}
    for row in rows:
        known = kept.get(key(row))
        if known is None or version is None or not _is_older(version(row), version(known)):
            kept[key(row)] = row
    return list(kept.values())


def _is_older(candidate: object, known: object) -> bool:
    if candidate is None or known is None:
        return False
    return required_instant(candidate) < required_instant(known)


# ---------------------------------------------------------------------------------------------
# GitHub


def _github_account(user: Payload | None) -> Account | None:
    if not user or not user.get("login"):
        return None
    return Account("github", user["login"], user.get("type"), user.get("email"), user.get("name"))


def _repository_of(row: Payload) -> str:
    if row.get("repository"):
        repository = row["repository"]
        return repository["full_name"] if isinstance(repository, dict) else str(repository)
    for name in ("repository_url", "pull_request_url", "deployment_url", "url"):
        found = re.search(r"/repos/([^/]+/[^/]+)", row.get(name) or "")
        if found:
            return found.group(1)
    raise ExportError(f"GitHub object {row.get('id')}: names no repository; add the field repository")


def _pull_number_of(row: Payload) -> int:
    if row.get("pull_number") is not None:
        return int(row["pull_number"])
    return int(str(row["pull_request_url"]).rsplit("/", 1)[1])


def _read_github(company: Company, objects: dict[str, list[Payload]]) -> None:
    for row in _newest(
        objects.get("pull_requests", []),
        lambda row: (row["base"]["repo"]["full_name"], row["number"]),
        lambda row: row.get("updated_at"),
    ):
        company.pull_requests.append(_pull_request(row))
    for row in _newest(
        objects.get("pull_request_commits", []),
        lambda row: (_repository_of(row), _pull_number_of(row), row["sha"]),
    ):
        company.pull_request_commits.append(_pull_request_commit(row))
    for row in _newest(objects.get("reviews", []), lambda row: row["id"]):
        if row.get("submitted_at"):
            company.reviews.append(
                Review(
                    _repository_of(row),
                    _pull_number_of(row),
                    _github_account(row.get("user")),
                    required_instant(row["submitted_at"]),
                    row.get("state") or "",
                )
            )
    _read_deployments(company, objects)
    for row in objects.get("users", []):
        account = _github_account(row)
        if account is not None:
            company.github_users.append(account)


def _pull_request(row: Payload) -> PullRequest:
    base = row["base"]
    return PullRequest(
        repository=base["repo"]["full_name"],
        number=int(row["number"]),
        title=row.get("title") or "",
        body=row.get("body") or "",
        author=_github_account(row.get("user")),
        labels=[label["name"] for label in row.get("labels") or []],
        is_draft=bool(row.get("draft")),
        created_at=required_instant(row["created_at"]),
        merged_at=instant(row.get("merged_at")),
        merge_commit_sha=row.get("merge_commit_sha"),
        base_ref=base["ref"],
        default_branch=base["repo"].get("default_branch") or "main",
        head_ref=row["head"]["ref"],
        head_repository=((row["head"].get("repo") or {}).get("full_name")),
        ready_for_review_at=instant(row.get("ready_for_review_at")),
        url=row.get("html_url"),
    )


def _pull_request_commit(row: Payload) -> PullRequestCommit:
    author = row["commit"].get("author") or {}
    return PullRequestCommit(
        repository=_repository_of(row),
        pull_number=_pull_number_of(row),
        sha=row["sha"],
        parents=tuple(parent["sha"] for parent in row.get("parents") or []),
        message=row["commit"].get("message") or "",
        authored_at=required_instant(author.get("date")),
        author=_github_account(row.get("author")),
        author_email=author.get("email"),
        author_name=author.get("name"),
    )


def _read_deployments(company: Company, objects: dict[str, list[Payload]]) -> None:
    jobs: dict[str, DeploymentJob] = {}
    for row in _newest(
        objects.get("deployments", []), lambda row: str(row["id"]), lambda row: row.get("updated_at")
    ):
        jobs[str(row["id"])] = DeploymentJob(
            str(row["id"]),
            _repository_of(row),
            row["sha"],
            row.get("environment") or "",
            required_instant(row["created_at"]),
        )
    for row in _newest(objects.get("deployment_statuses", []), lambda row: str(row["id"])):
        job = jobs.get(str(row["deployment_url"]).rsplit("/", 1)[1])
        if job is not None:
            job.reports.append((required_instant(row["created_at"]), row["state"]))
    for job in jobs.values():
        job.reports.sort()
    company.deployment_jobs = list(jobs.values())


# ---------------------------------------------------------------------------------------------
# Jira


def _jira_account(user: Payload | None) -> Account | None:
    if not user:
        return None
    identifier = user.get("accountId") or user.get("name") or user.get("key")
    if not identifier:
        return None
    return Account(
        "jira", identifier, user.get("accountType"), user.get("emailAddress"), user.get("displayName")
    )


def _read_jira(company: Company, objects: dict[str, list[Payload]]) -> None:
    for row in objects.get("users", []):
        account = _jira_account(row)
        if account is not None:
            company.jira_users.append(account)
    for row in objects.get("workflow_statuses", []):
        category = (row.get("statusCategory") or {}).get("key") or ""
        company.status_categories[str(row["id"])] = (row["name"], category)
    ids = _ids_of_names(_newest(objects.get("issue_fields", []), lambda row: str(row["id"])))
    further: dict[str, list[Payload]] = {}
    for row in objects.get("issue_changelogs", []):
        further.setdefault(str(row["issueId"]), []).append(row)
    for row in _newest(
        objects.get("issues", []), lambda row: str(row["id"]), lambda row: row["fields"].get("updated")
    ):
        company.issues.append(_issue(row, further.get(str(row["id"]), []), ids))
    for row in _newest(objects.get("sprints", []), lambda row: str(row["id"])):
        company.sprints.append(
            Sprint(
                str(row["id"]),
                row.get("name") or "",
                row.get("state") or "",
                instant(row.get("activatedDate")),
                instant(row.get("startDate")),
                instant(row.get("completeDate")),
            )
        )


def _ids_of_names(fields: list[Payload]) -> dict[str, str]:
    """Return the id of the one field that bears a name; a name that two bear says nothing."""
    found: dict[str, set[str]] = {}
    for row in fields:
        found.setdefault(str(row.get("name") or "").lower(), set()).add(row["id"])
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}


def _issue(row: Payload, further: list[Payload], ids: dict[str, str]) -> Issue:
    fields = row["fields"]
    changelog = row.get("changelog") or {}
    histories = {str(entry["id"]): entry for entry in [*changelog.get("histories", []), *further]}
    stated = changelog.get("total")
    status = fields.get("status") or {}
    kind = fields.get("issuetype") or {}
    return Issue(
        key=row["key"],
        issue_id=str(row["id"]),
        project_key=(fields.get("project") or {}).get("key") or row["key"].rsplit("-", 1)[0],
        summary=fields.get("summary") or "",
        description=_plain(fields.get("description")),
        type_name=kind.get("name") or "",
        is_subtask=bool(kind.get("subtask")),
        hierarchy_level=kind.get("hierarchyLevel"),
        status_id=None if status.get("id") is None else str(status["id"]),
        status_name=status.get("name") or "",
        status_category=(status.get("statusCategory") or {}).get("key"),
        resolution=(fields.get("resolution") or {}).get("name"),
        created_at=required_instant(fields["created"]),
        labels=list(fields.get("labels") or []),
        assignee=_jira_account(fields.get("assignee")),
        reporter=_jira_account(fields.get("reporter")),
        parent_key=(fields.get("parent") or {}).get("key"),
        linked_keys=_linked_keys(fields.get("issuelinks") or []),
        fields=fields,
        changes=_field_changes(list(histories.values()), ids),
        is_history_complete=stated is None or len(histories) >= int(stated),
    )


def _plain(value: object) -> str:
    """Return the text of a description: plain text, or every text node of a document."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return " ".join(filter(None, [str(value.get("text") or ""), _plain(value.get("content"))]))
    if isinstance(value, list):
        return " ".join(_plain(item) for item in value)
    return ""


def _linked_keys(links: list[Payload]) -> list[str]:
    ends = [link.get("inwardIssue") or link.get("outwardIssue") or {} for link in links]
    return [end["key"] for end in ends if end.get("key")]


def _field_changes(histories: list[Payload], ids: dict[str, str]) -> list[FieldChange]:
    """Return the entries in order; where one does not give the id of its field, its name may tell."""
    ordered = sorted(histories, key=lambda entry: (required_instant(entry["created"]), _number(entry["id"])))
    return [
        FieldChange(
            required_instant(entry["created"]),
            item.get("field") or "",
            item.get("fieldId") or ids.get((item.get("field") or "").lower()),
            item.get("from"),
            item.get("fromString"),
            item.get("to"),
            item.get("toString"),
        )
        for entry in ordered
        for item in entry.get("items") or []
    ]


def _number(identifier: object) -> int:
    text = str(identifier)
    return int(text) if text.isdigit() else 0


# ---------------------------------------------------------------------------------------------
# PagerDuty and HubSpot


def _read_pagerduty(company: Company, objects: dict[str, list[Payload]]) -> None:
    by_id: dict[str, Incident] = {}
    for row in _newest(
        objects.get("incidents", []), lambda row: row["id"], lambda row: row.get("updated_at")
    ):
        by_id[row["id"]] = _incident(row)
    for row in _newest(objects.get("incident_log_entries", []), lambda row: row["id"]):
        incident = by_id.get((row.get("incident") or {}).get("id") or "")
        if incident is not None:
            agent = (row.get("agent") or {}).get("type")
            incident.log.append((required_instant(row["created_at"]), row.get("type") or "", agent))
    for incident in by_id.values():
        incident.log.sort(key=lambda entry: entry[0])
    company.incidents = list(by_id.values())
    for row in objects.get("services", []):
        company.incident_services[row["id"]] = row.get("name") or row.get("summary") or ""


def _incident(row: Payload) -> Incident:
    service = row.get("service") or {}
    reason = row.get("resolve_reason") or {}
    merged = reason.get("incident") if reason.get("type") == "merge_resolve_reason" else None
    custom = {entry["name"]: entry.get("value") for entry in row.get("custom_fields") or []}
    resolved = row.get("resolved_at")
    if resolved is None and row.get("status") == "resolved":
        resolved = row.get("last_status_change_at")
    last_changed = instant(row.get("last_status_change_at"))
    number = row.get("incident_number")
    return Incident(
        incident_id=row["id"],
        number=None if number is None else str(number),
        title=row.get("title") or row.get("summary") or "",
        description=row.get("description") or "",
        urgency=row.get("urgency"),
        status=row.get("status"),
        priority=(row.get("priority") or {}).get("summary"),
        service_id=service.get("id"),
        service_name=service.get("summary"),
        created_at=required_instant(row["created_at"]),
        resolved_at=instant(resolved),
        merged_into=(merged or {}).get("id"),
        custom_fields={name: str(value) for name, value in custom.items() if value is not None},
        last_changed_by_kind=(row.get("last_status_change_by") or {}).get("type"),
        last_changed_at=last_changed,
        url=row.get("html_url"),
    )


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _read_hubspot(company: Company, objects: dict[str, list[Payload]]) -> None:
    lost_stages = _lost_stages(objects.get("pipelines", []))
    for row in _newest(
        objects.get("deals", []), lambda row: str(row["id"]), lambda row: row.get("updatedAt")
    ):
        if row.get("archived"):
            continue
        values = row.get("properties") or {}
        is_lost = _is_lost(values, lost_stages)
        company.deals.append(
            Deal(
                str(row["id"]),
                values.get("dealname"),
                values.get("amount"),
                values.get("deal_currency_code"),
                is_lost,
                instant(values.get("closedate")),
                instant(row.get("createdAt") or values.get("createdate")),
                values,
                instant(row.get("updatedAt")),
            )
        )
    for row in _newest(
        objects.get("companies", []), lambda row: str(row["id"]), lambda row: row.get("updatedAt")
    ):
        if row.get("archived"):
            continue
        values = row.get("properties") or {}
        company.crm_accounts.append(
            CrmAccount(
                str(row["id"]),
                values.get("name"),
                instant(row.get("createdAt") or values.get("createdate")),
                values,
            )
        )


def _is_lost(values: Payload, lost_stages: dict[str, bool]) -> bool | None:
    """Return whether a deal was lost, as it says itself, else by its stage; ``None`` where neither tells."""

    def said(name: str) -> bool | None:
        return None if values.get(name) in (None, "") else _is_true(values[name])

    if said("hs_is_closed_lost") is not None:
        return said("hs_is_closed_lost")
    if said("hs_is_closed_won") or said("hs_is_closed") is False:
        return False
    if said("hs_is_closed") and said("hs_is_closed_won") is False:
        return True
    return lost_stages.get(str(values.get("dealstage")))


def _lost_stages(pipelines: list[Payload]) -> dict[str, bool]:
    """Return by stage whether it is a closed one without a chance of winning, where all of that id agree."""
    said: dict[str, set[bool]] = {}
    for pipeline in _newest(pipelines, lambda row: str(row["id"]), lambda row: row.get("updatedAt")):
        for stage in pipeline.get("stages") or []:
            known = stage.get("metadata") or {}
            is_hopeless = float(known.get("probability") or 0) == 0
            said.setdefault(str(stage["id"]), set()).add(_is_true(known.get("isClosed")) and is_hopeless)
    return {stage: verdicts.pop() for stage, verdicts in said.items() if len(verdicts) == 1}


# ---------------------------------------------------------------------------------------------
# git


def _git(git_dir: Path, *arguments: str) -> str:
    settings = ("core.quotePath=false", "log.showRoot=true", "diff.renames=true", "core.commentChar=#")
    options = [part for setting in settings for part in ("-c", setting)]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC"}
    done = subprocess.run(
        ["git", "--git-dir", str(git_dir), *options, *arguments],
        capture_output=True,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        message = done.stderr.decode("utf-8", "replace").strip()
        raise ExportError(f"{git_dir.name}: git {arguments[0]} failed ({message}); is the bundle whole?")
    return done.stdout.decode("utf-8", "replace")


def read_bundle(bundle: Path, workspace: Path, default_branches: dict[str, str] | None = None) -> GitHistory:
    """Read a bundle (``owner+name.bundle``) through git; ``default_branches`` serve where it has no HEAD.

    Raises ``ExportError`` where git cannot read it.
    """
    repository = bundle.name.removesuffix(".bundle").replace("+", "/").replace("__", "/")
    git_dir = workspace / f"{bundle.stem}.git"
    git_dir.mkdir(parents=True, exist_ok=True)
    _git(git_dir, "init", "--bare", "--quiet", str(git_dir))
    source = str(bundle.resolve())
    lines = (entry.split("\t", 1) for entry in _git(git_dir, "ls-remote", source).splitlines())
    shas = {name: sha for sha, name in lines}
    _git(git_dir, "fetch", "--quiet", source, "+refs/*:refs/*")
    named = (default_branches or {}).get(repository, "")
    candidates = [f"refs/heads/{named}", "HEAD", "refs/heads/main", "refs/heads/master"]
    head = next((shas[name] for name in candidates if name in shas), None)
    if head is None:
        raise ExportError(
            f"{bundle.name}: names no default branch; make it with git bundle create … HEAD --all"
        )
    return read_repository(git_dir, repository, head)


def read_repository(git_dir: Path, repository: str, head: str) -> GitHistory:
    """Read every commit of a bare repository, and the first-parent line that ends in ``head``."""
    layout = "%H%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cI%x1f%B"
    listing = _git(git_dir, "log", "--all", "--topo-order", "--reverse", "-z", f"--format={layout}")
    commits = {}
    for record in filter(None, listing.split("\0")):
        sha, parents, name, email, authored, committed, message = record.split("\x1f", 6)
        commits[sha] = GitCommit(
            sha,
            tuple(parents.split()),
            name,
            email,
            required_instant(authored),
            required_instant(committed),
            message,
        )
    line = _git(git_dir, "rev-list", "--first-parent", "--reverse", head).split()
    # NUL between the fields: a path may hold blanks, quotes and tabs.
    form = ("-z", "-M50%", "--name-status", "--format=%x01%H")
    plain = _git(git_dir, "log", "--all", "--no-merges", *form)
    merges = _git(git_dir, "log", head, "--first-parent", "--merges", "-m", *form)
    for record in filter(None, (plain + merges).split("\x01")):
        sha, *words = [word.strip("\n") for word in record.split("\0")]
        commits[sha].changes = _file_changes(list(filter(None, words)))
    return GitHistory(repository, git_dir, commits, line)


def _file_changes(words: list[str]) -> list[FileChange]:
    """Read states and paths in turn; a rename or copy has two paths."""
    found = []
    waiting = iter(words)
    for status in waiting:
        path = next(waiting)
        if status.startswith(("R", "C")):
            found.append(FileChange(status[0], next(waiting), path if status[0] == "R" else None))
        else:
            found.append(FileChange(status[0], path))
    return found
