"""What a simulated company is like: its size, its span, and which habits and tools it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TOOLS = ("git", "github", "jira", "pagerduty", "hubspot", "planning")
DEFAULT_END = "2026-07-04T09:00:00Z"


class SimulationError(ValueError):
    """A simulation that was asked for cannot be run; the message names the option and the remedy."""


@dataclass(frozen=True)
class SimulationConfig:
    """Size, span, habits and tools of a simulated company.

    `end` is epoch seconds (UTC), as are all instants of a simulation. `timezone` is the reporting time zone
    that the manifest states. `tools` lists the exports that are written; the company lives the same life
    without them.
    """

    seed: int = 7
    people: int = 25
    months: int = 18
    teams: int = 4
    services: int = 6
    end: int = 1783155600
    timezone: str = "UTC"
    has_sprints: bool = True
    has_deployments: bool = True
    has_incidents: bool = True
    has_roadmap: bool = True
    tools: tuple[str, ...] = TOOLS
    organisation: str = "harbourline"

    def __post_init__(self) -> None:
        for name in ("people", "months", "teams", "services"):
            if getattr(self, name) < 1:
                raise SimulationError(
                    f"--{name} is {getattr(self, name)}: give a whole number of at least 1."
                )
        if self.people > 1000 or self.months > 120 or self.services > 100:
            raise SimulationError("At most 1000 people, 120 months and 100 services can be simulated.")
        unknown = [tool for tool in self.tools if tool not in TOOLS]
        if unknown:
            raise SimulationError(f"Unknown tool {unknown[0]!r}: choose from {', '.join(TOOLS)}.")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SimulationError(
                f"Unknown time zone {self.timezone!r}: give an IANA name such as Europe/Berlin."
            ) from error

    @property
    def start(self) -> int:
        """Begin of the simulated span: the first day of the month `months` before the month of `end`."""
        last = datetime.fromtimestamp(self.end, UTC)
        index = last.year * 12 + last.month - 1 - self.months
        return int(datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC).timestamp())


def parse_instant(text: str) -> int:
    """Epoch seconds of an ISO 8601 instant or date (no offset: UTC). Raises SimulationError."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise SimulationError(f"--end is {text!r}: give an instant such as {DEFAULT_END}.") from error
    return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())
