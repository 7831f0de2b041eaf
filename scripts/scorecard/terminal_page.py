"""The page of ten numbers as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from rich.text import Text

from scorecard import wording
from scorecard.headlines import Scope
from scorecard.reading import Row

TREND_MONTHS = 12
NAME_WIDTH = 24
GAP = "  "
INDENT = "  "

STATUS_STYLES = {"on_target": "green", "off_target": "bold red", "cannot_tell": "yellow"}
SAMPLE_MARK = "SAMPLE COMPANY: invented data, nobody's real numbers."
MIXED_MARK = "SAMPLE AND OWN DATA ARE MIXED in this warehouse: trust none of these numbers."
NOTHING_MARK = 'Nothing has been landed yet: "scorecard land --help" says how.'

# Columns in order, each with its titles from the longest to the shortest.
COLUMN_TITLES = {
    "value": ("value",),
    "interval": ("95 % interval", "interval"),
    "n": ("n",),
    "open": ("open",),
    "trend": ("12 months",),
    "target": ("target",),
    "status": ("status",),
    "coverage": ("coverage", "cov."),
}
LEFT_ALIGNED = ("trend", "status")
# Dropped in this order where the terminal is narrow; they are told under the number instead.
DROPPED_FIRST = ("coverage", "open", "n", "interval", "trend")

TOLD_BELOW = {
    "instead": "{}.",
    "interval": "95 % interval {}.",
    "n": "n {}.",
    "open": "{} open.",
    "coverage": "Coverage {}.",
}
# What the plain sentence says in its own words; it tells coverage where that calls for caution.
IN_SENTENCE = ("instead", "interval", "n", "open")

GRAIN_WORDS = {
    "month": "month",
    "trailing_3_months": "three months",
    "quarter": "quarter",
    "trailing_4_quarters": "four quarters",
}


def render_page(
    catalog: Sequence[Row],
    rows: Sequence[Row],
    points: Sequence[Row],
    scope: Scope,
    has_sentences: bool,
    width: int,
) -> list[Text]:
    """The page line by line: the header, then each row under the question that it answers.

    `rows` are the ten headlines in order, `points` the single periods behind the lines of twelve months.
    """
    entries = {entry["kpi"]: entry for entry in catalog}
    trends = trend_lines(points)
    cells = [page_cells(row, entries[row["kpi"]], trends.get(row["kpi"], "")) for row in rows]
    shown = _columns_that_fit(cells, width)
    widths = {column: _column_width(cells, column) for column in shown}
    lines = [*_header(rows, catalog, scope, width), Text(""), _titles(shown, widths)]
    question = None
    for row, cell in zip(rows, cells, strict=True):
        entry = entries[row["kpi"]]
        if entry["question"] != question:
            question = entry["question"]
            heading = wording.wrapped(f"{entry['accountability_name']}: {question}", width)
            lines += [Text(""), *(Text(line, style="bold") for line in heading)]
        lines.append(_number_line(row, cell, shown, widths))
        lines += _lines_below(row, cell, shown, width, has_sentences)
    return [*lines, Text(""), *(Text(line, style="dim") for line in periods_note(rows, width))]


def page_cells(row: Row, entry: Row, trend: str) -> dict[str, str]:
    """A row's texts by column; `instead` stands in place of value and interval where there is no point."""
    unit = row["unit"]
    signal = wording.SIGNAL_WORDS.get(row["signal"] or "")
    cells = {
        "value": wording.quantity(row["value"], unit),
        "interval": wording.span(row["interval_low"], row["interval_high"], unit),
        "instead": no_point(row),
        "n": number_of_rows(row),
        "open": f"{row['open_count']:,}" if row["open_count"] else "",
        "trend": f"{trend} {signal}" if signal else trend,
        "target": _target(row, entry),
        "status": wording.words(row["status"], wording.STATUS_WORDS),
        "coverage": "" if row["value"] is None else wording.covered(row["coverage"]),
    }
    if cells["instead"]:
        cells["value"], cells["interval"] = wording.DASH, ""
    return cells


def no_point(row: Row) -> str:
    """Stands in place of a number: why there is none, or its bounds where coverage is poor; else empty."""
    if row["value"] is None:
        return wording.words(row["null_reason"], wording.NULL_REASON_WORDS)
    if row["coverage_band"] == "poor":
        bounds = wording.span(row["bound_low"], row["bound_high"], row["unit"])
        return f"within {bounds}" if bounds else "too few measured"
    return ""


def number_of_rows(row: Row) -> str:
    """n; where a share rests on fewer than ten rows, both of its counts."""
    if not row["n"]:
        return ""
    if row["unit"] == "share" and 0 < row["n"] < 10 and row["numerator"] is not None:
        return f"{row['numerator']:.0f} of {row['n']}"
    return f"{row['n']:,}"


def period_words(row: Row) -> str:
    """The days that a row speaks of."""
    if row["period_grain"] == "month_end":
        return f"at the end of {wording.day(row['period_end_on'])}"
    grain = GRAIN_WORDS.get(row["period_grain"], row["period_grain"])
    return f"{grain}, {wording.day(row['period_start_on'])} to {wording.day(row['period_end_on'])}"


def trend_lines(points: Iterable[Row]) -> dict[str, str]:
    """A line of twelve months a KPI, all of them ending in the same month; a quarter is three months wide."""
    by_kpi: dict[str, dict[int, float | None]] = {}
    latest = None
    for row in points:
        # What the page would not show as a point is none in the line either.
        value = None if no_point(row) else row["value"]
        last = _month_number(row["period_end_on"])
        latest = last if latest is None else max(latest, last)
        for month in range(_month_number(row["period_start_on"]), last + 1):
            by_kpi.setdefault(row["kpi"], {})[month] = value
    if latest is None:
        return {}
    months = range(latest - TREND_MONTHS + 1, latest + 1)
    return {kpi: wording.sparkline([by.get(month) for month in months]) for kpi, by in by_kpi.items()}


def paragraph(text: str, width: int, style: str = "", indent: str = "") -> list[Text]:
    """A text as lines of at most `width` columns, each indented; none for an empty text."""
    return [Text(indent + line, style=style) for line in wording.wrapped(text, width - len(indent))]


def told_below(row: Row, cells: dict[str, str], told_elsewhere: Sequence[str]) -> list[str]:
    """Short sentences for what neither a column nor the sentence tells, an unclear status and the owner."""
    told = [
        wording.capital(text.format(cells[key]))
        for key, text in TOLD_BELOW.items()
        if cells[key] and key not in told_elsewhere
    ]
    if row["status"] == "cannot_tell" and row["status_reason"]:
        told.append(f"{wording.capital(_unclear_because(row))}.")
    if row["target_owner"]:
        told.append(f"Owner: {row['target_owner']}.")
    return told


def _unclear_because(row: Row) -> str:
    reason = row["status_reason"]
    if reason == "straddles_target" and row["coverage_band"] == "caution":
        # Tested against a wider interval than the one that is shown.
        reason = "straddles_with_unknown"
    return wording.words(reason, wording.STATUS_REASON_WORDS)


def _target(row: Row, entry: Row) -> str:
    if row["target"] is None:
        return ""
    sign = wording.AT_MOST if entry["better"] == "lower" else wording.AT_LEAST
    if row["unit"] == "share":
        return f"{sign} {wording.plain_number(100 * row['target'])} %"
    return f"{sign} {wording.quantity(row['target'], row['unit'])}"


def _month_number(day: date) -> int:
    return 12 * day.year + day.month


def _columns_that_fit(cells: Sequence[dict[str, str]], width: int) -> list[str]:
    """The columns that fit beside the name, in the page's order, the least needed ones dropped first."""
    shown = [column for column in COLUMN_TITLES if any(row[column] for row in cells)]
    if "interval" not in shown and any(row["instead"] for row in cells):
        shown.insert(shown.index("value") + 1, "interval")
    for dropped in DROPPED_FIRST:
        if _table_width(cells, shown) <= width:
            break
        shown = [column for column in shown if column != dropped]
    return shown


def _table_width(cells: Sequence[dict[str, str]], shown: Sequence[str]) -> int:
    columns = sum(len(GAP) + _column_width(cells, column) for column in shown)
    return len(INDENT) + NAME_WIDTH + columns


def _column_width(cells: Sequence[dict[str, str]], column: str) -> int:
    longest = max(len(COLUMN_TITLES[column][-1]), *(len(row[column]) for row in cells))
    if column == "interval":
        # What is said instead of a number takes the room of both columns.
        both = max(len(row["instead"]) for row in cells) - len(GAP) - _column_width(cells, "value")
        return max(longest, both)
    return longest


def _titles(shown: Sequence[str], widths: dict[str, int]) -> Text:
    line = INDENT + " " * NAME_WIDTH
    for column in shown:
        title = next(text for text in COLUMN_TITLES[column] if len(text) <= widths[column])
        line += GAP + _aligned(column, title, widths[column])
    return Text(line.rstrip(), style="dim")


def _aligned(column: str, text: str, width: int) -> str:
    return text.ljust(width) if column in LEFT_ALIGNED else text.rjust(width)


def _number_line(row: Row, cells: dict[str, str], shown: Sequence[str], widths: dict[str, int]) -> Text:
    line = Text(INDENT + wording.wrapped(row["kpi_name"], NAME_WIDTH)[0].ljust(NAME_WIDTH))
    columns = list(shown)
    if cells["instead"] and "interval" in columns:
        both = widths["value"] + len(GAP) + widths["interval"]
        line.append(GAP + cells["instead"].rjust(both))
        columns = [column for column in columns if column not in ("value", "interval")]
    for column in columns:
        style = {"value": "bold", "status": STATUS_STYLES.get(row["status"], "")}.get(column, "")
        line.append(GAP)
        line.append(_aligned(column, cells[column], widths[column]), style=style)
    line.rstrip()
    return line


def _lines_below(
    row: Row, cells: dict[str, str], shown: Sequence[str], width: int, has_sentences: bool
) -> list[Text]:
    """The sentence and what found no column, beside the rest of a name that is longer than its column."""
    told_elsewhere = [*shown, "instead"] if "interval" in shown else shown
    told = []
    if has_sentences and row["sentence"]:
        told.append(row["sentence"])
        warned = ["coverage"] if row["coverage_band"] == "caution" else []
        told_elsewhere = [*shown, *IN_SENTENCE, *warned]
    told += told_below(row, cells, told_elsewhere)
    left = len(INDENT) + NAME_WIDTH + len(GAP)
    names = wording.wrapped(row["kpi_name"], NAME_WIDTH)[1:]
    below = wording.wrapped(" ".join(told), width - left)
    lines = []
    for place in range(max(len(names), len(below))):
        name = names[place] if place < len(names) else ""
        line = Text(INDENT + name.ljust(NAME_WIDTH) + GAP)
        line.append(below[place] if place < len(below) else "", style="dim")
        line.rstrip()
        lines.append(line)
    return lines


def _header(rows: Sequence[Row], catalog: Sequence[Row], scope: Scope, width: int) -> list[Text]:
    """Whose numbers, as of when, by which definitions; a sample is marked so that none takes it for real."""
    title = "Execution scorecard"
    if scope.scope_type != "company":
        title += f", {scope.scope_type} {rows[0]['scope_name'] or scope.scope_id}"
    marks = origin_marks(rows, width)
    told = f"As of {wording.instant(rows[0]['as_of'])}. {versions(catalog)}"
    return [Text(title, style="bold"), *marks, *(Text(line) for line in wording.wrapped(told, width))]


def origin_marks(rows: Sequence[Row], width: int) -> list[Text]:
    """A mark where the data are not the company's own: a sample, a mixture, nothing."""
    origins = {row["data_origin"] for row in rows}
    if origins == {"none"}:
        return [Text(line, style="bold") for line in wording.wrapped(NOTHING_MARK, width)]
    if "sample" not in origins:
        return []
    mark = MIXED_MARK if "own" in origins else SAMPLE_MARK
    return [Text(line, style="bold reverse") for line in wording.wrapped(mark, width)]


def versions(catalog: Sequence[Row]) -> str:
    """`Definitions: version 1.`, and the KPIs whose version is another."""
    versions = [entry["definition_version"] for entry in catalog]
    common = min(versions)
    others = [
        f"{entry['kpi_name']} {entry['definition_version']}"
        for entry in catalog
        if entry["definition_version"] != common
    ]
    named = f" ({', '.join(others)})" if others else ""
    return f"Definitions: version {common}{named}."


def periods_note(rows: Sequence[Row], width: int) -> list[str]:
    """Which days the numbers speak of; most KPIs share them, the others are named."""
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(period_words(row), []).append(row["kpi_name"])
    most = max(names, key=lambda period: len(names[period]))
    told = [f"{wording.capital(most)}."]
    told += [f"{' and '.join(kpis)}: {period}." for period, kpis in names.items() if period != most]
    told.append("Each line of twelve months is scaled to its own least and greatest value.")
    return wording.wrapped(" ".join(told), width)
