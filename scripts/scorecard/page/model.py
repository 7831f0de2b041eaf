"""The page as texts in their places: all that its templates show, worded as on the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scorecard import wording
from scorecard.explanations import Explanation
from scorecard.page.contents import Contents
from scorecard.page.foot import Source, restatements, sources, warnings
from scorecard.page.lines import Limits, Point, draw_line
from scorecard.reading import Row
from scorecard.terminal_detail import TOLD_ABOVE, figure_cells, period_cells
from scorecard.terminal_explain import (
    allotted,
    certainty,
    contribution,
    formula,
    row_groups,
    safe_address,
    whose,
    why,
)
from scorecard.terminal_page import (
    IN_SENTENCE,
    MIXED_MARK,
    NOTHING_MARK,
    SAMPLE_MARK,
    TREND_MONTHS,
    no_point,
    page_cells,
    periods_note,
    told_below,
    trend_lines,
    versions,
)

# Characters of what people typed, so that one of them cannot fill the file.
LONGEST_NAME, LONGEST_TITLE, LONGEST_TOLD = 80, 160, 400
# Wide enough that nothing is wrapped: a browser does that.
ONE_LINE = 100_000
SCOPE_WORDS = {"team": "Teams", "service": "Services"}


@dataclass(frozen=True)
class Detail:
    """How much stands behind the numbers: rows a number, and teams and services (each) in full."""

    rows: int
    scopes: int


@dataclass(frozen=True)
class Observation:
    """A row behind a number."""

    value: str
    day: str
    title: str
    address: str | None
    told: str


@dataclass(frozen=True)
class Group:
    """Rows that stand in a number's account for one reason."""

    title: str
    remedy: str
    total: int
    rows: list[Observation]


@dataclass(frozen=True)
class Behind:
    """What a row of the page opens to."""

    definition: str
    version: int
    told: list[str]
    figures: list[tuple[str, str, str]]
    months: list[tuple[str, ...]]
    scopes: list[tuple[str, list[Number]]]
    groups: list[Group]
    listed: int
    total: int
    summary: str
    command: str
    mismatch: str


@dataclass(frozen=True)
class Number:
    """A number of a scope as a row of the page."""

    kpi: str
    name: str
    value: str
    unit: str
    instead: str
    interval: str
    n: str
    coverage: str
    target: str
    status: str
    status_key: str
    owner: str
    sentence: str
    notes: list[str]
    signal: str
    trend: str
    scope_name: str = ""
    command: str = ""
    line: str = ""
    line_told: str = ""
    limits: str = ""
    no_limits: str = "too few periods for limits"
    no_interval: str = "no interval"
    behind: Behind | None = None


@dataclass(frozen=True)
class Section:
    """Two rows of the page under the question that they answer."""

    key: str
    name: str
    question: str
    numbers: list[Number]


@dataclass(frozen=True)
class ScopeView:
    """The ten numbers of a team or a service."""

    anchor: str
    name: str
    statuses: str
    numbers: list[Number]


@dataclass(frozen=True)
class ScopeViews:
    """The views of all teams, or of all services, and how many there is no room for."""

    title: str
    views: list[ScopeView]
    more: int
    command: str


@dataclass(frozen=True)
class Page:
    """All that the page says."""

    mark: str
    summary: str
    period: str
    as_of: str
    versions: str
    months: str
    sections: list[Section]
    scope_views: list[ScopeViews]
    sources: list[Source]
    warnings: list[str]
    restatements: list[str]
    restated: str
    statuses: list[tuple[str, str]] = field(default_factory=list)


def make_page(contents: Contents, detail: Detail, options: str) -> Page:
    """The page of a warehouse; `options` are those that a command for more of it needs."""
    rows = contents.headlines
    entries = {entry["kpi"]: entry for entry in contents.catalog}
    company = [row for row in contents.periods if row["scope_type"] == "company"]
    trends = trend_lines(company)
    sections: list[Section] = []
    for row in rows:
        entry = entries[row["kpi"]]
        number = _company_number(contents, row, entry, trends, detail, options)
        if not sections or sections[-1].key != entry["accountability"]:
            sections.append(
                Section(entry["accountability"], entry["accountability_name"], entry["question"], [])
            )
        sections[-1].numbers.append(number)
    return Page(
        mark=_mark(rows),
        summary=_statuses(rows),
        period=" ".join(periods_note(rows, ONE_LINE)).rpartition(" Each line of")[0],
        as_of=wording.instant(rows[0]["as_of"]),
        versions=versions(contents.catalog),
        months=_months_told(company),
        sections=sections,
        scope_views=list(_scope_views(contents, entries, detail, options)),
        sources=sources(contents.quality),
        warnings=warnings(contents.quality),
        restatements=restatements(contents.restatements),
        restated=_restated(contents),
        statuses=list(wording.STATUS_WORDS.items()),
    )


def _mark(rows: Sequence[Row]) -> str:
    """What the data are where they are not the company's own; empty where they are."""
    origins = {row["data_origin"] for row in rows}
    if origins == {"none"}:
        return NOTHING_MARK
    if "sample" not in origins:
        return ""
    return MIXED_MARK if "own" in origins else SAMPLE_MARK


def _statuses(rows: Sequence[Row]) -> str:
    """`1 on target, 2 off target, 7 cannot tell`."""
    counts = {key: sum(row["status"] == key for row in rows) for key in wording.STATUS_WORDS}
    return ", ".join(f"{count} {wording.STATUS_WORDS[key]}" for key, count in counts.items() if count)


def _months_told(periods: Sequence[Row]) -> str:
    """`July 2025 to June 2026`: the months that the lines show."""
    if not periods:
        return ""
    last = max(row["period_end_on"] for row in periods)
    first = last.replace(day=1)
    for _ in range(TREND_MONTHS - 1):
        year, month = (first.year, first.month - 1) if first.month > 1 else (first.year - 1, 12)
        first = first.replace(year=year, month=month)
    return f"{first:%B %Y} to {last:%B %Y}"


def _number(row: Row, entry: Row, trend: str, options: str) -> Number:
    """What a row of the page says in words and figures, whoever it is of."""
    cells = page_cells(row, entry, "")
    value, _, unit = ("", "", "") if cells["instead"] else cells["value"].rpartition(" ")
    return Number(
        kpi=row["kpi"],
        name=row["kpi_name"],
        value=value,
        unit=unit,
        instead=wording.capital(cells["instead"]),
        interval=cells["interval"],
        n=cells["n"],
        coverage=wording.covered(row["coverage"]),
        target=cells["target"],
        status=cells["status"],
        status_key=row["status"],
        owner=wording.shortened(row["target_owner"] or "", LONGEST_NAME),
        sentence=row["sentence"] or "",
        notes=_notes(row, cells),
        signal=wording.SIGNAL_WORDS.get(row["signal"] or "", ""),
        trend=trend,
        scope_name=_scope_name(row),
        command=_command(row, options),
    )


def _scope_name(row: Row) -> str:
    return wording.capital(wording.shortened(row["scope_name"] or row["scope_id"], LONGEST_NAME))


def _command(row: Row, options: str) -> str:
    """The command that opens this number on a terminal."""
    told = f"scorecard explain {row['kpi']}"
    if row["scope_type"] != "company":
        told += f" --{row['scope_type']} {shlex.quote(wording.printable(row['scope_id']))}"
    return f"{told}{options} --limit 0"


def _notes(row: Row, cells: dict[str, str]) -> list[str]:
    """What is not known, guessed, too recent or left out, and why the status is unclear."""
    told = [text for text in told_below({**row, "target_owner": None}, cells, [*IN_SENTENCE, "coverage"])]
    if row["measured_by"] == "service_level":
        told.append("Measured by its service level, for want of sprints.")
    if row["missing_quarters"]:
        told.append(f"Without {wording.printable(row['missing_quarters'])}.")
    counts = (
        ("unknown_count", "unknown"),
        ("inferred_count", "inferred"),
        ("open_count", "still open"),
        ("immature_count", "too recent to judge"),
        ("excluded_count", "left out"),
    )
    listed = ", ".join(f"{row[column]:,} {word}" for column, word in counts if row[column])
    return [*told, f"{wording.capital(listed)}."] if listed else told


def _company_number(
    contents: Contents, row: Row, entry: Row, trends: dict[str, str], detail: Detail, options: str
) -> Number:
    kpi = row["kpi"]
    number = _number(row, entry, trends.get(kpi, ""), options)
    explanation = contents.explanations[kpi]
    periods = [
        period for period in contents.periods if period["scope_type"] == "company" and period["kpi"] == kpi
    ]
    limits = _limits(periods)
    points = _points(periods, contents.periods)
    remedy = explanation.remedy("no_number", row["null_reason"])
    is_census = entry["statistic"] == "census"
    shown = {
        **number.__dict__,
        "notes": [*([remedy] if row["value"] is None and remedy else []), *number.notes],
        "line": draw_line(tuple(points), limits, row["unit"] == "share"),
        "line_told": _line_told(periods[-TREND_MONTHS:], row["unit"]),
        "limits": _limits_told(limits, row["unit"]),
        "no_limits": "a stock has no limits" if is_census else number.no_limits,
        "no_interval": "all are counted" if is_census else number.no_interval,
        "behind": _behind(contents, explanation, periods, detail, options),
    }
    return Number(**shown)


def _limits(periods: Sequence[Row]) -> Limits | None:
    """The limits of the process chart that ends with the last period, where they may be drawn."""
    last = periods[-1] if periods else None
    if last is None or not last["is_signal_drawn"] or last["signal_reason"] == "drifting_stock":
        return None
    if None in (last["chart_low"], last["chart_middle"], last["chart_high"]):
        return None
    return Limits(last["chart_low"], last["chart_middle"], last["chart_high"])


def _limits_told(limits: Limits | None, unit: str) -> str:
    if limits is None:
        return ""
    high = min(limits.high, 1.0) if unit == "share" else limits.high
    return wording.span(max(limits.low, 0.0), high, unit)


def _points(periods: Sequence[Row], all_periods: Sequence[Row]) -> list[Point]:
    """The values at their places among the twelve months that all lines show; a quarter stands at its end."""
    if not periods:
        return []
    end = max(_month_number(row) for row in all_periods)
    values = {_month_number(row): None if no_point(row) else row["value"] for row in periods}
    step = 3 if periods[-1]["period_grain"] == "quarter" else 1
    # A quarter that ends before the latest month is still followed back in steps of three.
    last = max(values) if step == 3 else end
    months = range(last, end - TREND_MONTHS, -step)
    return [(month - end + TREND_MONTHS - 1, values.get(month)) for month in reversed(months)]


def _month_number(row: Row) -> int:
    return 12 * int(row["period_end_on"].year) + int(row["period_end_on"].month)


def _line_told(periods: Sequence[Row], unit: str) -> str:
    """The line for whoever cannot see it."""
    if periods and periods[-1]["period_grain"] == "quarter":
        periods = periods[-TREND_MONTHS // 3 :]
    told = [
        f"{row['period_end_on']:%B %Y} {no_point(row) or wording.quantity(row['value'], unit)}"
        for row in periods
    ]
    return "; ".join(told)


def _behind(
    contents: Contents, explanation: Explanation, periods: Sequence[Row], detail: Detail, options: str
) -> Behind:
    entry, number = explanation.entry, explanation.number
    groups = row_groups(explanation)
    sizes = [len(rows) for *_, rows in groups]
    shares = allotted(sizes, detail.rows) if detail.rows else [0] * len(groups)
    made = [
        Group(title, remedy, len(rows), [_observation(explanation, row) for row in rows[:count]])
        for (title, remedy, rows), count in zip(groups, shares, strict=True)
    ]
    scopes = [row for row in contents.scopes if row["kpi"] == number["kpi"]]
    total = sum(group.total for group in made)
    return Behind(
        definition=entry["definition"],
        version=entry["definition_version"],
        told=[text for text in (formula(explanation), *certainty(explanation)) if text],
        figures=_figures(contents.figures[number["kpi"]], number),
        months=[period_cells(row) for row in reversed(periods[-TREND_MONTHS:])],
        scopes=[
            (SCOPE_WORDS[kind], [_number(row, entry, "", options) for row in chosen[: detail.scopes]])
            for kind in SCOPE_WORDS
            if (chosen := [row for row in scopes if row["scope_type"] == kind])
        ],
        groups=made,
        listed=sum(shares),
        total=total,
        summary=f"periods, teams, services, {wording.counted(total, 'row')}",
        command=_command(number, options),
        mismatch="; ".join(explanation.mismatches),
    )


def _figures(rows: Sequence[Row], headline: Row) -> list[tuple[str, str, str]]:
    """The figures beside the number; none that would only repeat why there is no number."""
    silent = (headline["null_reason"], "no_events")
    by_figure: dict[str, list[Row]] = {}
    for row in rows:
        is_told = row["value"] is not None or row["null_reason"] not in silent
        if is_told and row["figure"] not in TOLD_ABOVE:
            by_figure.setdefault(row["figure"], []).append(row)
    cells = [figure_cells(group) for group in by_figure.values()]
    return [(name, wording.shortened(value, LONGEST_TOLD), n) for name, value, n in cells]


def _observation(explanation: Explanation, row: Row) -> Observation:
    day = None if row["role"] == "open" else row["occurred_on"]
    if day is None and row["started_at"] is not None:
        day = row["started_at"].date()
    title = row["subject_title"] or row["subject_id"]
    key = row.get("issue_key") or row["subject_id"]
    told = [] if key == row["subject_title"] else [wording.shortened(key, LONGEST_TITLE)]
    told += [*whose(explanation, row), *why(explanation, row)]
    return Observation(
        value=contribution(explanation, row),
        day=day.isoformat() if day else "",
        title=wording.shortened(title, LONGEST_TITLE) or "(without a title)",
        address=safe_address(row),
        told=wording.shortened(", ".join(told), LONGEST_TOLD),
    )


def _scope_views(
    contents: Contents, entries: dict[str, Row], detail: Detail, options: str
) -> Iterator[ScopeViews]:
    periods: dict[tuple[str, str], list[Row]] = {}
    for row in contents.periods:
        periods.setdefault((row["scope_type"], row["scope_id"]), []).append(row)
    for kind, title in SCOPE_WORDS.items():
        by_scope: dict[str, list[Row]] = {}
        for row in contents.scopes:
            if row["scope_type"] == kind:
                by_scope.setdefault(row["scope_id"], []).append(row)
        if not by_scope:
            continue
        views = []
        for place, (scope_id, rows) in enumerate(list(by_scope.items())[: detail.scopes], start=1):
            trends = trend_lines(periods.get((kind, scope_id), []))
            numbers = [_number(row, entries[row["kpi"]], trends.get(row["kpi"], ""), options) for row in rows]
            views.append(ScopeView(f"{kind}-{place}", numbers[0].scope_name, _statuses(rows), numbers))
        more = len(by_scope) - len(views)
        yield ScopeViews(title, views, more, f"scorecard show --scope {kind}:<id>{options}")


def _restated(contents: Contents) -> str:
    if contents.restatements:
        return ""
    if contents.is_published_before:
        return "No number of the company was restated since last month."
    return "Nothing was published before this page, so nothing could be restated."
