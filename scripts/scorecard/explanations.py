"""A number of the scorecard opened: which number, the rows behind it, and whether they add up to it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from scorecard import headlines, wording
from scorecard.headlines import Scope
from scorecard.quarters import moved, quarter_name, quarter_shift
from scorecard.reading import Reader, ReadingError, Row

SINGLE_GRAINS = ("month", "month_end", "quarter")
TOLERANCE = 1e-9

# Key of each KPI's own table, and those of its columns that tell more of a row than scorecard_observations.
OWN_COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "lead_time": (
        "pull_request_id",
        (
            "deployment_id",
            "coding_seconds",
            "pickup_seconds",
            "review_seconds",
            "deploy_seconds",
            "is_first_commit_unknown",
            "is_hotfix",
            "merged_at",
        ),
    ),
    "delivery_predictability": (
        "delivery_predictability_id",
        ("issue_key", "sprint_id", "missed_because", "threshold_days", "is_added", "is_done_at_close"),
    ),
    "cycle_time": (
        "issue_id",
        ("issue_key", "issue_type", "is_ageing", "is_history_complete", "created_at"),
    ),
    "key_person_concentration": (
        "observation_id",
        (
            "repository",
            "language",
            "unknown_because",
            "contributor_count",
            "author_count",
            "current_author_count",
            "service_truck_factor",
            "service_contributor_absence_factor",
        ),
    ),
    "change_failure_rate": (
        "deployment_id",
        ("evidence_id", "evidence_title", "evidence_url", "evidence_count", "is_rollback"),
    ),
    "time_to_restore": ("episode_id", ("incident_count", "blamed_deployment_id", "is_deployment_blamed")),
    "defect_escape": ("issue_id", ("issue_key", "found_in", "stage", "severity", "is_severe")),
    "rework_ratio": ("pull_request_id", ("has_issue", "is_reland", "first_commit_at")),
    "outcome_linked_work": ("work_id", ("outcome_type", "outcome_id", "outcome_count")),
    "roadmap_accuracy": (
        "roadmap_promise_id",
        ("planned_quarter", "baseline_version_on", "planned_end_on", "delivered_on", "slip_days"),
    ),
}


@dataclass(frozen=True)
class Period:
    """The month or the quarter that was asked for; neither: the number of the page.

    `shift`: months by which quarters lie apart from those of the calendar year.
    """

    months_long: int = 0
    start_on: date | None = None
    shift: int = 0

    @property
    def shown(self) -> str:
        """As one writes it: `2026-05`, `2026-Q1`."""
        assert self.start_on is not None
        if self.months_long == 3:
            return quarter_name(self.start_on, self.shift)
        return f"{self.start_on:%Y-%m}"


HEADLINE = Period()


@dataclass(frozen=True)
class Explanation:
    """One row of the scorecard and all rows behind it.

    `rows` holds them by role (`counted`, `open`, `unknown`, `immature`, `left_out`), in the order in which a
    reader wants them: the slowest, the missed, the oldest first.
    """

    entry: Row
    number: Row
    rows: dict[str, list[Row]]
    reasons: dict[tuple[str, str], Row]
    names: dict[tuple[str, str], str]
    mismatches: list[str] = field(default_factory=list)

    def words(self, kind: str, reason: str | None) -> str:
        """What a key of `dim_reasons` means; a key that is not listed is shown with blanks."""
        if reason is None:
            return ""
        known = self.reasons.get((kind, reason))
        return known["wording"] if known else wording.words(reason, {})

    def remedy(self, kind: str, reason: str | None) -> str:
        """What can be done about it; empty where nothing can or need be."""
        known = self.reasons.get((kind, reason or ""))
        return (known["remedy"] or "") if known else ""


def parse_month(text: str) -> Period:
    """The month of `2026-05`; raises ValueError with a sentence for anything else."""
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text.strip(), re.ASCII)
    if not match or match[1] == "0000":
        raise ValueError(f'"{wording.printable(text)}" is no month: write it as 2026-05.')
    return Period(1, date(int(match[1]), int(match[2]), 1))


def parse_quarter(text: str) -> Period:
    """The quarter of `2026-Q1`, of the calendar year; raises ValueError with a sentence for anything else."""
    match = re.fullmatch(r"(\d{4})-?[Qq]([1-4])", text.strip(), re.ASCII)
    if not match or match[1] == "0000":
        raise ValueError(f'"{wording.printable(text)}" is no quarter: write it as 2026-Q1.')
    return Period(3, date(int(match[1]), 3 * int(match[2]) - 2, 1))


def _in_fiscal_year(period: Period, shift: int) -> Period:
    """The same month, or the quarter of that name, where quarters are shifted."""
    assert period.start_on is not None
    start_on = moved(period.start_on, shift) if period.months_long == 3 else period.start_on
    return replace(period, start_on=start_on, shift=shift)


def find_scope(reader: Reader, kpi: str, scope_type: str, wanted: str) -> Scope:
    """The team or service of a KPI by its id or its name, whatever the case.

    Raises ReadingError that names those there are where none, or more than one, is meant.
    """
    known = reader.rows(
        "select scope_id, min(scope_name) as scope_name from marts.scorecard "
        "where kpi = ? and scope_type = ? group by scope_id order by scope_id",
        (kpi, scope_type),
    )
    tests: tuple[Callable[[Row], bool], ...] = (
        lambda row: row["scope_id"] == wanted,
        lambda row: row["scope_id"].casefold() == wanted.strip().casefold(),
        lambda row: row["scope_name"].casefold() == wanted.strip().casefold(),
    )
    for test in tests:
        found = [row for row in known if test(row)]
        if len(found) == 1:
            return Scope(scope_type, found[0]["scope_id"])
        if found:
            ids = ", ".join(row["scope_id"] for row in found)
            raise ReadingError(
                f'Several {scope_type}s are called "{wording.printable(wanted)}": choose one of {ids}.'
            )
    shown = wording.printable(wanted)
    if not known:
        raise ReadingError(
            f'There is no {scope_type} "{shown}": land the planning sheet {scope_type}s first.'
        )
    choice = ", ".join(_named(row) for row in known)
    raise ReadingError(f'There is no {scope_type} "{shown}": choose one of {choice}.')


def _named(row: Row) -> str:
    scope_id, name = row["scope_id"], row["scope_name"]
    return scope_id if name.casefold() == scope_id.casefold() else f"{scope_id} ({name})"


def find_number(reader: Reader, entry: Row, scope: Scope, period: Period) -> Row:
    """The scorecard's row of a KPI, a scope and a period.

    A quarter of a KPI that is counted by month is its three months pooled. Raises ReadingError, with the
    periods that there are, where that one is not computed.
    """
    rows = reader.rows(
        "select * from marts.scorecard where kpi = ? and scope_type = ? and scope_id = ? "
        "order by period_start_on",
        (entry["kpi"], scope.scope_type, scope.scope_id),
    )
    if period is HEADLINE:
        number = next((row for row in rows if row["is_headline_grain"] and row["is_latest_period"]), None)
        if number is None:
            raise ReadingError(
                f"{entry['kpi_name']} has no complete period yet: "
                "land exports that reach further and build again."
            )
        return number
    period = _in_fiscal_year(period, quarter_shift(reader))
    grain = _grain_asked_for(entry, period)
    candidates = [row for row in rows if row["period_grain"] == grain]
    number = next((row for row in candidates if row["period_start_on"] == period.start_on), None)
    if number is None:
        raise ReadingError(_no_such_period(entry, period, candidates))
    return number


def _grain_asked_for(entry: Row, period: Period) -> str:
    """The grain of the rows among which the period is; raises ReadingError where the KPI has none such."""
    assert period.start_on is not None
    grain: str = entry["base_grain"]
    if period.months_long == 1 and grain == "quarter":
        raise ReadingError(
            f"{entry['kpi_name']} is counted by quarter, not by month: "
            f"say --quarter {quarter_name(period.start_on, period.shift)}."
        )
    if period.months_long == 3 and grain == "month_end":
        last = (period.start_on + timedelta(days=70)).replace(day=1)
        raise ReadingError(
            f"{entry['kpi_name']} is taken at the end of a month, not over a quarter: "
            f"say --month {last:%Y-%m}."
        )
    return "trailing_3_months" if period.months_long == 3 and grain == "month" else grain


def _no_such_period(entry: Row, period: Period, candidates: Sequence[Row]) -> str:
    unit = "quarter" if period.months_long == 3 else "month"
    starts = [row["period_start_on"] for row in candidates]
    if unit == "quarter":
        names = [
            quarter_name(start, period.shift) for start in starts if (start.month - period.shift) % 3 == 1
        ]
    else:
        names = [f"{start:%Y-%m}" for start in starts]
    if not names:
        return (
            f"{entry['kpi_name']} is computed for no {unit} yet: leave the period out for its latest number."
        )
    there_are = f"{names[0]} to {names[-1]}" if len(names) > 1 else names[0]
    is_later = period.shown > names[-1]
    because = (
        f"it is not complete as of {wording.instant(candidates[0]['as_of'])}"
        if is_later
        else "it lies too far back"
    )
    hint = (
        ""
        if is_later or unit == "month" or entry["base_grain"] != "month"
        else "; for older months say --month"
    )
    return (
        f"{entry['kpi_name']} has no number for {period.shown}, because {because}: "
        f"choose one of {there_are}{hint}."
    )


def explain(reader: Reader, entry: Row, number: Row) -> Explanation:
    """Read all rows behind a row of the scorecard and hold them against what it says."""
    rows = _read_rows(reader, entry, number)
    reasons = reader.rows("select * from marts.dim_reasons where kpi = ?", (entry["kpi"],))
    names = reader.rows(
        "select 'team' as kind, team_id as id, team_name as name from marts.dim_teams "
        "union all select 'service' as kind, service_id as id, service_name as name from marts.dim_services"
    )
    return Explanation(
        entry=entry,
        number=number,
        rows=rows,
        reasons={(row["kind"], row["reason"]): row for row in reasons},
        names={(row["kind"], row["id"]): row["name"] for row in names},
        mismatches=mismatches(entry, number, rows),
    )


def _read_rows(reader: Reader, entry: Row, number: Row) -> dict[str, list[Row]]:
    key, columns = OWN_COLUMNS[entry["kpi"]]
    is_whole = key == "observation_id"
    observation_id = f"own.{key}" if is_whole else f"concat('{entry['kpi']}:', own.{key})"
    condition, parameters = headlines.behind(number)
    told = ", ".join(f"own.{column}" for column in columns)
    rows = reader.rows(
        f"""
        select observations.*, {told}
        from marts.scorecard_observations as observations
        left join marts.kpi_{entry["kpi"]} as own
            on observations.observation_id = {observation_id}
        where {condition}
        """,
        parameters,
    )
    by_role: dict[str, list[Row]] = {role: [] for role in headlines.ROLES}
    for row in rows:
        by_role[row["role"]].append(row)
    for role in by_role:
        by_role[role].sort(key=_order(entry, role))
    return by_role


def _order(entry: Row, role: str) -> Callable[[Row], tuple[Any, ...]]:
    """What a reader wants to see first: the slowest, the missed, the oldest; else the latest."""

    def latest(row: Row) -> float:
        instant = row["occurred_at"] or row["ended_at"] or row["started_at"]
        return -instant.timestamp() if instant else 0.0

    def key(row: Row) -> tuple[Any, ...]:
        if role == "open":
            return (-(row["open_age_seconds"] or 0.0), row["observation_id"])
        if role == "counted" and entry["statistic"] == "median":
            return (-row["duration_seconds"], row["observation_id"])
        bad = "no" if entry["better"] == "higher" else "yes"
        return (role == "counted" and row["verdict"] != bad, latest(row), row["observation_id"])

    return key


def middle(durations: Sequence[float]) -> tuple[int, float, float] | None:
    """Place (from 1) and value of the middle of some durations, and the value after it where they are even in
    number, else the same value again; None for none.
    """
    if not durations:
        return None
    ordered = sorted(durations)
    place = (len(ordered) + 1) // 2
    following = place if len(ordered) % 2 else place + 1
    return place, ordered[place - 1], ordered[following - 1]


def mismatches(entry: Row, number: Row, rows: dict[str, list[Row]]) -> list[str]:
    """What the rows and the scorecard tell differently, in words; empty where they agree."""
    counted, unknown = rows["counted"], rows["unknown"]
    is_median = entry["statistic"] == "median"
    hits = sum(row["verdict"] == "yes" for row in counted)
    doubtful = sum(row["is_doubtful"] for row in [*counted, *unknown])
    known = len(counted) if is_median else len(counted) + len(unknown) - doubtful
    everything = len(counted) + len(unknown)
    listed: dict[str, float | None] = {
        "n": len(counted),
        "unknown_count": len(unknown),
        "immature_count": len(rows["immature"]),
        "excluded_count": len(rows["left_out"]),
        "inferred_count": sum(row["is_inferred"] for row in counted),
        "coverage": known / everything if everything else None,
    }
    if is_median:
        ages = [row["open_age_seconds"] for row in rows["open"]]
        listed |= {"open_count": len(ages), "open_oldest_seconds": max(ages, default=None)}
    else:
        listed |= {"numerator": hits, "denominator": len(counted)}
    if number["value"] is not None:
        listed |= _values(is_median, counted, hits, doubtful, everything)
    return [
        f"{column} is {_told(value)} by its rows and {_told(number[column])} on the scorecard"
        for column, value in listed.items()
        if not _is_same(value, number[column])
    ]


def _values(
    is_median: bool, counted: Sequence[Row], hits: int, doubtful: int, everything: int
) -> dict[str, float | None]:
    if is_median:
        found = middle([row["duration_in_unit"] for row in counted])
        return {"value": (found[1] + found[2]) / 2 if found else None}
    return {
        "value": hits / len(counted) if counted else None,
        "bound_low": hits / everything if everything else None,
        "bound_high": (hits + doubtful) / everything if everything else None,
    }


def _is_same(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _told(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.10g}"
