"""What a company's tools would have exported at an earlier instant."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

from .exports import Exports, Record, read_exports, write_exports

ARCHIVED = ("archived", "archivedAt")


def as_delivered(full: Path, past: Path, out: Path, instant: str) -> Path:
    """The exports of `past`, but for what no later export can tell of it, which is taken from `full`.

    Two things are outside the law, since the vendors keep no history of them: that a deal was archived
    (HubSpot's word for deleted), and which entries of a long changelog Jira withheld.
    """
    earlier, later = read_exports(past), read_exports(full)
    _take_archived(earlier, later)
    _take_changelogs(earlier, later, datetime.fromisoformat(instant))
    return write_exports(earlier, past, out)


def _take_archived(earlier: Exports, later: Exports) -> None:
    deals = {row["id"]: row for row in later["hubspot", "deals"]}
    for row in earlier["hubspot", "deals"]:
        row.update({name: deals[row["id"]][name] for name in ARCHIVED if name in row})


def _take_changelogs(earlier: Exports, later: Exports, until: datetime) -> None:
    """Every changelog as the later export gives it, without the entries that had not been made."""
    whole = [entry for entry in later["jira", "issue_changelogs"] if _created(entry) <= until]
    completed = {entry["issueId"] for entry in later["jira", "issue_changelogs"]}
    made = Counter(entry["issueId"] for entry in whole)
    issues = {row["id"]: row["changelog"] for row in later["jira", "issues"]}
    for row in earlier["jira", "issues"]:
        given = issues[row["id"]]
        histories = [entry for entry in given["histories"] if _created(entry) <= until]
        withheld = given["total"] - len(given["histories"])
        total = made[row["id"]] if row["id"] in completed else len(histories) + withheld
        own = {"histories": histories, "maxResults": len(histories), "total": total}
        row["changelog"] = {**given, **own}
    earlier["jira", "issue_changelogs"] = whole


def _created(entry: Record) -> datetime:
    return datetime.fromisoformat(entry["created"])
