"""A company's exports before they are written: rows, sheets and repositories that mutations may change."""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scorecard.simulate import write_github, write_hubspot, write_jira, write_pagerduty, write_planning
from scorecard.simulate.company import simulate
from scorecard.simulate.config import SimulationConfig
from scorecard.simulate.history import GitRepository
from scorecard.simulate.output import write_ndjson

from .bundle import write_bundle

Json = dict[str, Any]
Span = tuple[datetime, datetime]
WRITERS = {
    "github": write_github.write,
    "jira": write_jira.write,
    "pagerduty": write_pagerduty.write,
    "hubspot": write_hubspot.write,
    "planning": write_planning.write,
}
TOOLS = ("git", *WRITERS)


@dataclass
class Sheet:
    """A planning sheet: columns in order, cells as text, an empty cell is an unknown value."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]


@dataclass
class Export:
    """Everything that a company exports.

    `rows` are keyed `tool/object`; `spans` are what a tool's export speaks for where that differs from
    `span`, the whole folder's.
    """

    rows: dict[str, list[Json]]
    sheets: dict[str, Sheet]
    repositories: list[GitRepository]
    span: Span
    zone: ZoneInfo
    as_of: datetime
    spans: dict[str, Span] = field(default_factory=dict)
    _number: int = 900_000

    def of(self, name: str) -> list[Json]:
        """Rows of an object, none where it is not exported."""
        return self.rows.get(name, [])

    def sheet(self, name: str) -> list[dict[str, str]]:
        """Rows of a sheet, none where it is not kept."""
        return self.sheets[name].rows if name in self.sheets else []

    def number(self) -> int:
        """An identifier that nothing else has; rising."""
        self._number += 1
        return self._number

    def write(self, folder: Path) -> None:
        """Write all of it as `docs/raw-contract.md` describes a company's folder."""
        for name, rows in self.rows.items():
            write_ndjson(folder / f"{name}.ndjson.gz", rows)
        for name, sheet in self.sheets.items():
            path = folder / "planning" / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, sheet.columns, lineterminator="\n")
                writer.writeheader()
                writer.writerows(sheet.rows)
        for repository in self.repositories:
            write_bundle(folder / "git" / f"{repository.name.replace('/', '+')}.bundle", repository)
        for place, (covers_from, covers_to) in {"": self.span, **self.spans}.items():
            if (folder / place).is_dir():
                manifest = {
                    "covers_from": iso(covers_from),
                    "covers_to": iso(covers_to),
                    "reporting_timezone": self.zone.key,
                    "is_sample": False,
                }
                (folder / place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def export_of(config: SimulationConfig, as_of: datetime) -> Export:
    """Simulate a company and hold its exports in memory."""
    world = simulate(config)
    rows: dict[str, list[Json]] = {}
    sheets: dict[str, Sheet] = {}
    with tempfile.TemporaryDirectory() as place:
        for tool, write in WRITERS.items():
            if tool in config.tools:
                write(world, Path(place) / tool)
        for path in sorted(Path(place).glob("*/*")):
            name = path.name.split(".")[0]
            if path.suffix == ".csv":
                with path.open(encoding="utf-8", newline="") as stream:
                    reader = csv.DictReader(stream)
                    sheets[name] = Sheet(tuple(reader.fieldnames or ()), list(reader))
            else:
                rows[f"{path.parent.name}/{name}"] = list(_rows(path))
    span = moment(config.start), moment(config.end)
    repositories = [repo.git for repo in world.repos] if "git" in config.tools else []
    return Export(rows, sheets, repositories, span, ZoneInfo(config.timezone), as_of)


def _rows(path: Path) -> Iterator[Json]:
    text = gzip.decompress(path.read_bytes()).decode()
    return iter([]) if text.startswith("[") else (json.loads(line) for line in text.splitlines())


def moment(seconds: float) -> datetime:
    """An instant (UTC) by its epoch seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def iso(instant: datetime) -> str:
    """`2025-03-04T10:12:33Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Read what any of the tools writes; a bare date begins in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def like(text: str, instant: datetime) -> str:
    """Write an instant as `text` is written: a date, seconds or milliseconds, `Z` or `+0000`."""
    if len(text) == 10:
        return instant.strftime("%Y-%m-%d")
    if "." not in text:
        return iso(instant)
    instant = instant.astimezone(UTC)
    tail = "Z" if text.endswith("Z") else "+0000"
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}{tail}"


def jira_instant(instant: datetime) -> str:
    """`2025-03-04T10:12:33.417+0000`."""
    return like("2025-03-04T10:12:33.417+0000", instant)


def seconds(count: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=count)
