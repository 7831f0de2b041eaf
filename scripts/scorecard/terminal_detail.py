"""One KPI as text for a terminal: its definition, its periods and the rows behind the latest one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from scorecard import wording
from scorecard.headlines import ROLES, SECTIONS
from scorecard.reading import Row
from scorecard.terminal_page import (
    GAP,
    IN_SENTENCE,
    INDENT,
    STATUS_STYLES,
    TREND_MONTHS,
    no_point,
    number_of_rows,
    origin_marks,
    page_cells,
    paragraph,
    period_words,
    told_below,
)

# What a row of a share is called when it is a yes and when it is a no.
VERDICT_WORDS = {
    "delivery_predictability": ("done", "missed"),
    "key_person_concentration": ("one or none", "shared"),
    "change_failure_rate": ("failed", "held"),
    "defect_escape": ("escaped", "caught"),
    "rework_ratio": ("rework", "new work"),
    "outcome_linked_work": ("tied", "not tied"),
    "roadmap_accuracy": ("on time", "missed"),
}

# Figures that the sentence and what follows it tell already.
TOLD_ABOVE = ("episodes", "open_episodes", "oldest_open_episode")

DAY_WIDTH = 10
SHORTEST_TITLE = 12

Parts = list[Text | Table]


def render_detail(detail: dict[str, Any], width: int) -> Parts:
    """One KPI, from what `headlines.read_detail` gives."""
    entry, headline, periods = detail["definition"], detail["headline"], detail["periods"]
    parts: Parts = [Text(f"{entry['kpi_name']} ({entry['kpi']})", style="bold")]
    if headline is not None:
        parts += origin_marks([headline], width)
    parts += paragraph(f"{entry['accountability_name']}: {entry['question']}", width)
    parts += [Text(""), *paragraph(entry["definition"], width)]
    parts.append(Text(f"Definition: version {entry['definition_version']}.", style="dim"))
    if headline is not None:
        parts += [Text(""), *_headline(headline, entry, width), *_figures(detail["figures"], headline)]
    if periods:
        parts += [Text(""), _periods_table(periods[-TREND_MONTHS:]), Text(""), *_behind(detail, width)]
    return parts


def _headline(headline: Row, entry: Row, width: int) -> list[Text]:
    """The number of the page with all that stands beside it."""
    cells = page_cells(headline, entry, "")
    line = Text()
    line.append(wording.capital(cells["instead"]) or cells["value"], style="bold")
    line.append(f" ({cells['interval']})" if cells["interval"] else "")
    line.append(f", {period_words(headline)}")
    if cells["target"]:
        line.append(f"; target {cells['target']}: ")
        line.append(cells["status"], style=STATUS_STYLES.get(headline["status"], ""))
    told = [headline["sentence"]] if headline["sentence"] else []
    told += told_below(headline, cells, IN_SENTENCE)
    told += _beside(headline)
    return [line, *paragraph(" ".join(told), width)]


def _beside(headline: Row) -> list[str]:
    unit = headline["unit"]
    told = []
    if headline["p85"] is not None:
        told.append(f"85 % within {wording.quantity(headline['p85'], unit)}.")
    if headline["open_oldest_seconds"] is not None:
        told.append(f"Oldest open: {wording.age(headline['open_oldest_seconds'])}.")
    if headline["survival_median"] is not None:
        median = wording.quantity(headline["survival_median"], unit)
        told.append(f"With what is still open taken into account, half within {median} (Kaplan-Meier).")
    if headline["explicit_only_value"] is not None:
        told.append(f"Explicit links alone: {wording.quantity(headline['explicit_only_value'], unit)}.")
    return told


def _figures(rows: Sequence[Row], headline: Row) -> Parts:
    """The figures beside the number, one a line; none that would only repeat why there is no number."""
    silent = (headline["null_reason"], "no_events")
    by_figure: dict[str, list[Row]] = {}
    for row in rows:
        is_told = row["value"] is not None or row["null_reason"] not in silent
        if is_told and row["figure"] not in TOLD_ABOVE:
            by_figure.setdefault(row["figure"], []).append(row)
    if not by_figure:
        return []
    lines = [figure_cells(group) for group in by_figure.values()]
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("beside it", overflow="fold")
    table.add_column("", overflow="fold")
    table.add_column("n" if any(n for _, _, n in lines) else "", justify="right", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    return [Text(""), table]


def figure_cells(rows: Sequence[Row]) -> tuple[str, str, str]:
    """Name, value (or all that it is broken down to) and n; a count is its own."""
    first = rows[0]
    has_n = first["value"] is not None and first["unit"] not in ("count", "money")
    values = ", ".join(_figure_value(row) for row in rows)
    return first["figure_name"], values, f"{first['n']:,}" if has_n else ""


def _figure_value(row: Row) -> str:
    if row["value"] is None:
        return wording.words(row["null_reason"], wording.NULL_REASON_WORDS)
    if row["unit"] == "money":
        return f"{row['value']:,.0f} {wording.printable(row['breakdown'])}"
    value = f"{row['value']:,.0f}" if row["unit"] == "count" else wording.quantity(row["value"], row["unit"])
    # What it is broken down by is text of the company's own sheets.
    return f"{wording.printable(row['breakdown'])} {value}" if row["breakdown"] else value


def _periods_table(periods: Sequence[Row]) -> Table:
    """The periods, one a line, the newest last."""
    lines = [period_cells(row) for row in periods]
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    titles = ("period", "value", "95 % interval", "n", "open", "coverage", "")
    filled = [place for place in range(len(titles)) if any(line[place] for line in lines)]
    for place in filled:
        is_last = not titles[place]
        justify: Literal["left", "right"] = "left" if place == 0 or is_last else "right"
        table.add_column(titles[place], justify=justify, no_wrap=not is_last, overflow="fold")
    for line in lines:
        table.add_row(*(line[place] for place in filled))
    return table


def period_cells(row: Row) -> tuple[str, ...]:
    instead = no_point(row)
    notes = [instead] if instead else []
    notes += [f"{row['immature_count']:,} too recent"] if row["immature_count"] else []
    notes += [f"{row['excluded_count']:,} left out"] if row["excluded_count"] else []
    return (
        period_name(row),
        wording.DASH if instead else wording.quantity(row["value"], row["unit"]),
        "" if instead else wording.span(row["interval_low"], row["interval_high"], row["unit"]),
        number_of_rows(row),
        f"{row['open_count']:,}" if row["open_count"] else "",
        wording.covered(row["coverage"]),
        ", ".join(notes),
    )


def period_name(row: Row) -> str:
    if row["period_grain"] == "quarter":
        return str(row["quarter_label"])
    return f"{row['period_end_on']:%Y-%m}"


def _behind(detail: dict[str, Any], width: int) -> Parts:
    """The rows behind the latest period, group by group, with how many more there are."""
    latest = detail["periods"][-1]
    totals = {
        role: sum(row["row_count"] for row in detail["counts"] if row["section"] == role) for role in ROLES
    }
    told = [
        f"{totals[section.role]:,} {section.title.lower()}" for section in SECTIONS if totals[section.role]
    ]
    if not told:
        return [Text(f"No row stands behind {period_name(latest)}.", style="bold")]
    parts: Parts = [*paragraph(f"Behind {period_name(latest)}: {', '.join(told)}.", width, style="bold")]
    for section in SECTIONS:
        total = totals[section.role]
        if total:
            parts += [Text(""), Text(f"{section.title} ({total:,})", style="bold")]
            parts += _section(detail, section.role, total, width)
    return parts


def _section(detail: dict[str, Any], section: str, total: int, width: int) -> list[Text]:
    rows = detail["observations"][section]
    lines = []
    if section == "left_out":
        reasons = [
            f"{wording.words(row['excluded_because'], {})} {row['row_count']:,}"
            for row in detail["counts"]
            if row["section"] == section
        ]
        lines += paragraph(f"{wording.capital(', '.join(reasons))}.", width, indent=INDENT)
    if rows:
        lines += _observation_lines(rows, detail["definition"], section, detail["periods"][-1], width)
    if total > len(rows):
        more = wording.counted(total - len(rows), "more row")
        lines.append(Text(f"{INDENT}and {more}: --rows {total} shows all.", style="dim"))
    return lines


def _observation_lines(rows: Sequence[Row], entry: Row, section: str, period: Row, width: int) -> list[Text]:
    """A line a row: value, day, title, how it was found; its address (or key) on a line of its own."""
    values = [_observation_value(row, entry, section, period) for row in rows]
    value_width = max(len(value) for value in values)
    left = len(INDENT) + value_width + len(GAP) + DAY_WIDTH + len(GAP)
    lines = []
    for row, value in zip(rows, values, strict=True):
        mark = _marks(row, section)
        day = row["occurred_on"].isoformat() if row["occurred_on"] else ""
        line = Text(INDENT + value.rjust(value_width) + GAP + day.ljust(DAY_WIDTH) + GAP)
        room = max(width - left - (len(GAP) + len(mark) if mark else 0), SHORTEST_TITLE)
        line.append(wording.shortened(row["subject_title"] or row["subject_id"], room))
        line.append(GAP + mark if mark else "", style="dim")
        lines.append(line)
        address = row["subject_url"] or row["subject_id"]
        if address != row["subject_title"]:
            lines.append(Text(" " * left + address, style="dim"))
    return lines


def _observation_value(row: Row, entry: Row, section: str, period: Row) -> str:
    if section == "left_out":
        return wording.words(row["excluded_because"], {})
    if section == "open":
        return wording.age((period["period_end_at"] - row["started_at"]).total_seconds())
    if row["verdict"] in ("yes", "no"):
        yes, no = VERDICT_WORDS.get(row["kpi"], ("yes", "no"))
        return yes if row["verdict"] == "yes" else no
    if row["verdict"] == "unknown" or row["duration_seconds"] is None:
        return "unknown"
    return wording.quantity(row["duration_seconds"] / entry["seconds_per_unit"], entry["unit"])


def _marks(row: Row, section: str) -> str:
    marks = [wording.words(row["method"], {})] if row["method"] else []
    marks += ["inferred"] if row["is_inferred"] else []
    marks += ["too recent"] if row["is_immature"] and section != "immature" else []
    return ", ".join(marks)
