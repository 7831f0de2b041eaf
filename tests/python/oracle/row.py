"""The row that every KPI gives: what was counted, when, and what came of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Verdict = Literal["yes", "no", "unknown"]


@dataclass
class Row:
    """One thing that a KPI looked at.

    ``is_counted`` does not depend on ``as_of``: it says that nothing leaves the row out.  A row that
    is open or immature is in no number all the same.
    """

    kpi: str
    subject_id: str
    verdict: Verdict | None = None
    duration_seconds: float | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    occurred_at: datetime | None = None
    """The instant that puts the row into a period; for a row left out its natural instant."""
    is_open: bool = False
    is_immature: bool = False
    is_inferred: bool = False
    excluded_because: str | None = None
    team_id: str | None = None
    service_id: str | None = None
    method: str | None = None
    opens_at: datetime | None = None
    """From when on the row is open until it ends; ``None`` for what is never open."""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_counted(self) -> bool:
        """Whether nothing leaves the row out."""
        return self.excluded_because is None


def seconds_between(start: datetime, end: datetime) -> float:
    """Return elapsed seconds, nights and weekends included."""
    return (end - start).total_seconds()
