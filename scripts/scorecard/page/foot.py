"""The foot of the page in words: how fresh the sources are, what gives cause for doubt, what was restated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scorecard import wording
from scorecard.reading import Row

# From the best to the worst, as a source is told that has several objects.
STATE_WORDS = {
    "no_data": "no data",
    "not_judged": "not judged",
    "ok": "fresh",
    "warn": "ageing",
    "error": "stale",
}
FRESHNESS = ("days_behind", "days_since_landing", "days_without_event")
CAUSE_WORDS = {
    "definition": "another definition",
    "late_data": "late data",
    "settings": "other settings",
}


@dataclass(frozen=True)
class Source:
    """A tool whose exports were landed: until when they speak, and whether that is recent enough."""

    tool: str
    objects: int
    until: str
    behind: str
    newest_event: str
    state: str
    is_doubtful: bool


def sources(quality: Sequence[Row]) -> list[Source]:
    """A line a tool; its oldest judged object decides."""
    tools = sorted({row["tool"] for row in quality if row["measure"] == "rows"})
    return [_source(tool, [row for row in quality if row["tool"] == tool]) for tool in tools]


def _source(tool: str, rows: Sequence[Row]) -> Source:
    behind = [row for row in rows if row["measure"] == "days_behind"]
    judged = [row for row in behind if row["status"] in ("ok", "warn", "error")] or behind
    fresh = [row for row in rows if row["measure"] in FRESHNESS]
    state = max((row["status"] for row in fresh), key=list(STATE_WORDS).index, default="no_data")
    until = min((row["instant_at"] for row in judged if row["instant_at"]), default=None)
    days = max((row["value"] for row in judged if row["value"] is not None), default=None)
    events = [row["instant_at"] for row in rows if row["measure"] == "days_without_event"]
    newest = max((instant for instant in events if instant), default=None)
    return Source(
        tool=wording.printable(tool),
        objects=sum(row["measure"] == "rows" for row in rows),
        until=wording.instant(until) if until else "unknown",
        behind="" if days is None else wording.quantity(days, "days"),
        newest_event=wording.instant(newest) if newest else "",
        state=STATE_WORDS[state],
        is_doubtful=state in ("warn", "error"),
    )


def warnings(quality: Sequence[Row]) -> list[str]:
    """What a reader should know before trusting the numbers, the worst first."""
    found = [row for row in quality if row["status"] in ("warn", "error")]
    found.sort(key=lambda row: row["status"] != "error")
    return [_warning(row) for row in found]


def _warning(row: Row) -> str:
    where = " ".join(wording.words(part, {}) for part in (row["tool"], row["object"]) if part)
    if row["unit"] == "share":
        # A rejected row among thousands is not none.
        value = f"{wording.plain_number(100 * row['value'])} %"
        if row["part_count"] is not None and row["whole_count"]:
            value += f" ({row['part_count']:,} of {row['whole_count']:,})"
    elif row["unit"] == "days":
        value = wording.quantity(row["value"], "days")
    else:
        value = f"{row['value']:,.0f}"
    told = f"{row['measure_name']}{f', {where}' if where else ''}: {value}"
    return f"{told}, beyond what is allowed" if row["status"] == "error" else told


def restatements(rows: Sequence[Row]) -> list[str]:
    """`Lead time, May 2026: 49 h, was 47 h (late data: github deployments)`, a line a number."""
    return [_restatement(row) for row in rows]


def _restatement(row: Row) -> str:
    start = row["period_start_on"]
    period = row["quarter_label"] if row["period_grain"] == "quarter" else f"{start:%B %Y}"
    if row["period_grain"].startswith("trailing"):
        period = f"the period from {period}"
    now = wording.quantity(row["value"], row["unit"]) or "no number"
    before = wording.quantity(row["previous_value"], row["unit"]) or "no number"
    cause = wording.words(row["restated_because"], CAUSE_WORDS)
    if row["late_sources"]:
        cause += f": {wording.printable(row['late_sources'])}"
    told = f"{row['kpi_name']}, {period}: {now}, was {before}"
    return f"{told} ({cause})" if cause else told
