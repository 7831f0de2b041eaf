"""Builds small export folders in the vendors' shapes, for examples that are worked out by hand."""

import csv
import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .exports import Payload

REPOSITORY = "acme/shop"
JIRA_STATUSES = {
    "To Do": ("1", "new"),
    "In Progress": ("2", "indeterminate"),
    "Done": ("3", "done"),
}


def at(text: str) -> datetime:
    """Return the instant of ``2026-01-31 12:00`` (UTC), seconds optional."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def iso(moment: datetime) -> str:
    """Return an instant as GitHub writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class ExportFolder:
    """Collects vendor objects and sheets, and writes them as one export folder."""

    covers_from: datetime = datetime(2024, 1, 1, tzinfo=UTC)
    covers_to: datetime = datetime(2030, 1, 1, tzinfo=UTC)
    reporting_timezone: str = "UTC"
    objects: dict[str, list[Payload]] = field(default_factory=dict)
    sheets: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    bundles: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, *rows: Payload) -> None:
        """Add rows to an object, ``tool/object``."""
        self.objects.setdefault(name, []).extend(rows)

    def add_sheet(self, name: str, *rows: Mapping[str, object]) -> None:
        """Add rows to a planning sheet."""
        self.sheets.setdefault(name, []).extend(rows)

    def write(self, folder: Path) -> Path:
        """Write everything below a folder, and return it."""
        for name, rows in self.objects.items():
            path = folder / f"{name}.ndjson"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        for name, sheet in self.sheets.items():
            path = folder / "planning" / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            columns = list(dict.fromkeys(column for row in sheet for column in row))
            with path.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, columns)
                writer.writeheader()
                writer.writerows(sheet)
        for repository, stream_text in self.bundles.items():
            write_bundle(folder / "git", repository, stream_text)
        manifest = {
            "covers_from": iso(self.covers_from),
            "covers_to": iso(self.covers_to),
            "reporting_timezone": self.reporting_timezone,
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return folder


# ---------------------------------------------------------------------------------------------
# GitHub


def user(login: str, kind: str = "User") -> Payload:
    """Return a GitHub user."""
    return {"login": login, "type": kind}


def pull_request(
    number: int,
    opened: datetime,
    merged: datetime | None = None,
    sha: str | None = None,
    author: str = "ann",
    author_kind: str = "User",
    title: str = "",
    body: str = "",
    branch: str = "work",
    base: str = "main",
    labels: Sequence[str] = (),
    ready: datetime | None = None,
    repository: str = REPOSITORY,
) -> Payload:
    """Return a pull request as GitHub lists it."""
    return {
        "id": number,
        "number": number,
        "state": "closed" if merged else "open",
        "title": title,
        "body": body,
        "user": user(author, author_kind),
        "labels": [{"name": label} for label in labels],
        "draft": False,
        "created_at": iso(opened),
        "updated_at": iso(merged or opened),
        "merged_at": iso(merged) if merged else None,
        "merge_commit_sha": sha,
        "base": {"ref": base, "repo": {"full_name": repository, "default_branch": "main"}},
        "head": {"ref": branch, "repo": {"full_name": repository}},
        "ready_for_review_at": iso(ready) if ready else None,
    }


def pull_request_commit(
    number: int,
    sha: str,
    authored: datetime,
    message: str = "work",
    author: str = "ann",
    repository: str = REPOSITORY,
) -> Payload:
    """Return a commit of a pull request's own list."""
    person = {"name": author, "email": f"{author}@acme.example", "date": iso(authored)}
    return {
        "sha": sha,
        "repository": repository,
        "pull_number": number,
        "commit": {"author": person, "committer": person, "message": message},
        "author": user(author),
        "parents": [{"sha": "0" * 40}],
    }


def review(number: int, reviewer: str, submitted: datetime, repository: str = REPOSITORY) -> Payload:
    """Return a review."""
    return {
        "id": number * 1000 + submitted.minute,
        "repository": repository,
        "pull_number": number,
        "user": user(reviewer),
        "state": "APPROVED",
        "submitted_at": iso(submitted),
    }


def deployment(
    folder: ExportFolder,
    identifier: int,
    sha: str,
    started: datetime,
    finished: datetime | None,
    environment: str = "production",
    state: str = "success",
    repository: str = REPOSITORY,
) -> None:
    """Add a deployment and, where it finished, its status."""
    address = f"https://api.github.com/repos/{repository}"
    folder.add(
        "github/deployments",
        {
            "id": identifier,
            "sha": sha,
            "environment": environment,
            "created_at": iso(started),
            "updated_at": iso(finished or started),
            "repository_url": address,
        },
    )
    if finished is not None:
        folder.add(
            "github/deployment_statuses",
            {
                "id": identifier * 10,
                "state": state,
                "created_at": iso(finished),
                "deployment_url": f"{address}/deployments/{identifier}",
                "repository_url": address,
            },
        )


# ---------------------------------------------------------------------------------------------
# Jira


def issue(
    key: str,
    created: datetime,
    moves: Sequence[tuple[datetime, str]] = (),
    type_name: str = "Story",
    resolution: str | None = None,
    first_status: str = "To Do",
    sprints: Sequence[str] = (),
    sprint_moves: Sequence[tuple[datetime, str, str]] = (),
    more_changes: Sequence[tuple[datetime, Payload]] = (),
    total: int | None = None,
    **fields: Any,
) -> Payload:
    """Return an issue; ``moves`` are (instant, status), the resolution comes with the last move.

    ``sprints`` is today's field, ``sprint_moves`` are (instant, ids before, ids after).
    """
    entries: list[tuple[datetime, list[Payload]]] = []
    status = first_status
    for number, (moment, target) in enumerate(moves):
        items = [_item("status", JIRA_STATUSES[status][0], status, JIRA_STATUSES[target][0], target)]
        if resolution is not None and number == len(moves) - 1:
            items.append(_item("resolution", None, None, "9", resolution))
        entries.append((moment, items))
        status = target
    entries += [
        (moment, [{**_item("Sprint", before, before, after, after), "fieldId": "customfield_10020"}])
        for moment, before, after in sprint_moves
    ]
    entries += [(moment, [item]) for moment, item in more_changes]
    entries.sort(key=lambda entry: entry[0])
    histories = [
        {"id": str(index), "created": iso(moment), "items": items}
        for index, (moment, items) in enumerate(entries, start=1)
    ]
    return {
        "id": key,
        "key": key,
        "changelog": {"total": len(histories) if total is None else total, "histories": histories},
        "fields": {
            "project": {"key": key.split("-")[0]},
            "summary": key,
            "issuetype": {
                "name": type_name,
                "subtask": type_name == "Sub-task",
                "hierarchyLevel": {"Epic": 1, "Sub-task": -1}.get(type_name, 0),
            },
            "status": {
                "id": JIRA_STATUSES[status][0],
                "name": status,
                "statusCategory": {"key": JIRA_STATUSES[status][1]},
            },
            "resolution": {"name": resolution} if resolution else None,
            "created": iso(created),
            "updated": iso(entries[-1][0] if entries else created),
            "customfield_10020": [{"id": int(sprint)} for sprint in sprints],
            **fields,
        },
    }


def _item(name: str, before: str | None, before_text: str | None, after: str | None, text: str) -> Payload:
    return {
        "field": name,
        "fieldId": name.lower(),
        "from": before,
        "fromString": before_text,
        "to": after,
        "toString": text,
    }


def statuses() -> Iterable[Payload]:
    """Return the statuses of the little workflow."""
    for name, (identifier, category) in JIRA_STATUSES.items():
        yield {"id": identifier, "name": name, "statusCategory": {"key": category}}


# ---------------------------------------------------------------------------------------------
# PagerDuty


def incident(
    identifier: str,
    created: datetime,
    minutes: float | None,
    urgency: str = "high",
    merged_into: str | None = None,
    service: str | None = "Shop",
    title: str = "Shop is down",
    **custom: str,
) -> Payload:
    """Return an incident that lasted so many minutes (``None`` = open)."""
    reason = {"type": "merge_resolve_reason", "incident": {"id": merged_into}} if merged_into else None
    return {
        "id": identifier,
        "title": title,
        "urgency": urgency,
        "status": "resolved" if minutes is not None else "triggered",
        "created_at": iso(created),
        "updated_at": iso(created),
        "resolved_at": iso(created + timedelta(minutes=minutes)) if minutes is not None else None,
        "service": {"id": f"P{service}", "summary": service} if service else None,
        "resolve_reason": reason,
        "last_status_change_by": {"type": "user_reference"},
        "custom_fields": [{"name": name, "value": value} for name, value in custom.items()],
    }


# ---------------------------------------------------------------------------------------------
# git


@dataclass
class History:
    """Writes a ``git fast-import`` stream: one branch after another, commit by commit."""

    text: str = ""
    count: int = 0

    def commit(
        self,
        author: str,
        authored: datetime,
        files: Mapping[str, str | None] | None = None,
        renames: Mapping[str, str] | None = None,
        message: str = "work",
        branch: str = "main",
        start_from: int | None = None,
        merge: int | None = None,
        committed: datetime | None = None,
    ) -> int:
        """Add a commit (path → content, ``None`` deletes) and return its mark."""
        self.count += 1
        data = message.encode()
        lines = [
            f"commit refs/heads/{branch}",
            f"mark :{self.count}",
            f"author {author} <{author.lower()}@acme.example> {int(authored.timestamp())} +0000",
            f"committer {author} <{author.lower()}@acme.example> "
            f"{int((committed or authored).timestamp())} +0000",
            f"data {len(data)}",
            message,
        ]
        if start_from is not None:
            lines.append(f"from :{start_from}")
        if merge is not None:
            lines.append(f"merge :{merge}")
        lines += [f"R {old} {new}" for old, new in (renames or {}).items()]
        for path, content in (files or {}).items():
            if content is None:
                lines.append(f"D {path}")
            else:
                lines += [f"M 100644 inline {path}", f"data {len(content.encode())}", content]
        self.text += "\n".join(lines) + "\n\n"
        return self.count


def _run_git(git_dir: Path, *arguments: str, stdin: str = "") -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "--git-dir", str(git_dir), *arguments],
        input=stdin.encode(),
        capture_output=True,
        env=environment,
        check=True,
    )
    return done.stdout.decode()


def build_repository(git_dir: Path, stream_text: str) -> dict[int, str]:
    """Import a stream into a bare repository; return mark → sha."""
    git_dir.mkdir(parents=True, exist_ok=True)
    _run_git(git_dir, "init", "--bare", "--quiet", "--initial-branch=main", str(git_dir))
    marks = git_dir / "marks"
    _run_git(git_dir, "fast-import", "--quiet", f"--export-marks={marks}", stdin=stream_text)
    pairs = (line.split() for line in marks.read_text(encoding="utf-8").splitlines())
    return {int(mark.removeprefix(":")): sha for mark, sha in pairs}


def write_bundle(folder: Path, repository: str, stream_text: str) -> Path:
    """Write a repository as ``owner+name.bundle``."""
    folder.mkdir(parents=True, exist_ok=True)
    git_dir = folder / ".building" / repository.replace("/", "+")
    build_repository(git_dir, stream_text)
    bundle = folder / f"{repository.replace('/', '+')}.bundle"
    _run_git(git_dir, "bundle", "create", "--quiet", str(bundle.resolve()), "HEAD", "--all")
    return bundle


def shas_of(stream_text: str, scratch: Path) -> dict[int, str]:
    """Return mark → sha of a stream; the same stream always gives the same shas."""
    return build_repository(scratch, stream_text)
