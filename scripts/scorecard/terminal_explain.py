"""An explanation as text for a terminal: the number, how it comes about, and the rows behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.style import Style
from rich.text import Text

from scorecard import wording
from scorecard.explanations import Explanation, middle
from scorecard.headlines import SECTIONS
from scorecard.reading import Row
from scorecard.terminal_detail import DAY_WIDTH, SHORTEST_TITLE, VERDICT_WORDS
from scorecard.terminal_page import (
    GAP,
    GRAIN_WORDS,
    INDENT,
    STATUS_STYLES,
    no_point,
    origin_marks,
    page_cells,
    paragraph,
    told_below,
)

# Told by the sentence or on the lines below it.
TOLD = ("instead", "interval", "n", "open", "coverage")
# Rows that each group beside the counted gets for certain, where not all are shown.
FEW = 3

_ADDRESS = re.compile(r"https?://[\x21-\x7e]+")
_STAGES = ("coding", "pickup", "review", "deploy")

Group = tuple[str, str, list[Row]]


def render_explanation(explanation: Explanation, limit: int, width: int, has_links: bool) -> list[Text]:
    """The explanation line by line; at most `limit` rows in all, 0 for all of them.

    With `has_links` a title is a link to its address, else the address is written out.
    """
    lines = [*_heading(explanation, width), Text(""), *_value(explanation, width)]
    for title, sentences in (
        ("How it comes about", [formula(explanation), *_beside(explanation)]),
        ("What is not known", list(certainty(explanation))),
    ):
        if any(sentences):
            lines += [Text(""), Text(title, style="bold")]
            for sentence in sentences:
                lines += paragraph(sentence, width, indent=INDENT)
    groups = row_groups(explanation)
    shown = allotted([len(rows) for _, _, rows in groups], limit)
    total = sum(len(rows) for _, _, rows in groups)
    if not groups:
        lines += [Text(""), Text("No row stands behind it.", style="bold")]
    for (title, remedy, rows), count in zip(groups, shown, strict=True):
        lines += [Text(""), *paragraph(f"{title}: {len(rows):,}", width, style="bold")]
        lines += paragraph(remedy, width, indent=INDENT, style="dim")
        lines += _rows(explanation, rows[:count], width, has_links)
        if 0 < count < len(rows):
            lines.append(Text(f"{INDENT}and {wording.counted(len(rows) - count, 'more row')}", style="dim"))
    if sum(shown) < total:
        lines += [
            Text(""),
            *paragraph(f"{sum(shown):,} of {total:,} rows are listed: --limit 0 lists all.", width),
        ]
    if not explanation.mismatches:
        words = {section.role: section.word for section in SECTIONS}
        told = [f"{len(rows):,} {words[role]}" for role, rows in explanation.rows.items() if rows]
        if told:
            checked = f"Checked against the scorecard: {', '.join(told)}."
            lines += [Text(""), *paragraph(checked, width, style="dim")]
    return lines


def _heading(explanation: Explanation, width: int) -> list[Text]:
    entry, number = explanation.entry, explanation.number
    scope = "the company" if number["scope_type"] == "company" else _scope_words(number)
    told = (
        f"{wording.capital(period_words(number))}. As of {wording.instant(number['as_of'])}. "
        f"Definition: version {number['definition_version']}."
    )
    return [
        *paragraph(f"{entry['kpi_name']} ({entry['kpi']}), {scope}", width, style="bold"),
        *origin_marks([number], width),
        *paragraph(told, width),
        *paragraph(entry["definition"], width, style="dim"),
    ]


def _scope_words(number: Row) -> str:
    """`team Payments`, `rows of no team`."""
    if number["scope_id"] == f"no_{number['scope_type']}":
        return f"rows of {number['scope_name']}"
    return f"{number['scope_type']} {wording.printable(number['scope_name'])}"


def period_words(number: Row) -> str:
    """The period as it is cut: its first day, and the day before whose beginning it ends."""
    end = number["period_end_on"] + timedelta(days=1)
    zone = f"in time zone {number['reporting_timezone']}"
    if number["period_grain"] == "month_end":
        return f"at the end of {wording.day(number['period_end_on'])} {zone}"
    grain = GRAIN_WORDS.get(number["period_grain"], number["period_grain"])
    start = wording.day(number["period_start_on"])
    return f"{grain} from {start} up to the beginning of {wording.day(end)} {zone}"


def _value(explanation: Explanation, width: int) -> list[Text]:
    """The number as the page shows it, its sentence, and where there is none what can be done."""
    entry, number = explanation.entry, explanation.number
    cells = page_cells(number, entry, "")
    line = Text()
    line.append(wording.capital(cells["instead"]) or cells["value"], style="bold")
    line.append(f" ({cells['interval']})" if cells["interval"] else "")
    if cells["target"]:
        line.append(f"; target {cells['target']}: ")
        line.append(cells["status"], style=STATUS_STYLES.get(number["status"], ""))
    told = [number["sentence"], *told_below(number, cells, TOLD)]
    if number["value"] is None:
        told.append(explanation.remedy("no_number", number["null_reason"]))
    return [line, *paragraph(" ".join(part for part in told if part), width)]


def formula(explanation: Explanation) -> str:
    """The formula in words with this number's figures in it; empty where nothing counts."""
    entry, number = explanation.entry, explanation.number
    if not number["n"]:
        return ""
    told = _median(explanation) if entry["statistic"] == "median" else _share(entry, number)
    if number["value"] is None:
        told += " It is withheld, for the reason above."
    elif no_point(number):
        told += " The page does not show it, because too little is known."
    return told


def _share(entry: Row, number: Row) -> str:
    yes, no = _verdict_words(number)
    hits, judged = number["numerator"], number["denominator"]
    things = "issues" if number["measured_by"] == "service_level" else entry["noun_plural"]
    return (
        f"{yes} / ({yes} + {no}) = {hits:,} / ({hits:,} + {judged - hits:,}) = {hits:,} / {judged:,} = "
        f"{wording.quantity(hits / judged, 'share')} of {things}."
    )


def _verdict_words(number: Row) -> tuple[str, str]:
    """What a row of this share is called when it is a yes and when it is a no."""
    if number["measured_by"] == "service_level":
        return "in time", "too late"
    return VERDICT_WORDS.get(number["kpi"], ("yes", "no"))


def _median(explanation: Explanation) -> str:
    entry = explanation.entry
    counted = explanation.rows["counted"]
    found = middle([row["duration_in_unit"] for row in counted])
    assert found is not None
    place, lower, upper = found
    unit = entry["unit"]
    things = wording.counted(len(counted), entry["noun_singular"]).split(" ")[0]
    noun = entry["noun_singular"] if len(counted) == 1 else entry["noun_plural"]
    told = f"Median of {things} {noun}, sorted by how long they took: "
    if len(counted) % 2:
        return f"{told}number {place:,}, the middle one, took {wording.quantity(lower, unit)}."
    if wording.quantity(lower, unit) == wording.quantity(upper, unit):
        both = f"number {place:,} and number {place + 1:,}, the middle two,"
        return f"{told}{both} took {wording.quantity(lower, unit)}."
    return (
        f"{told}number {place:,} took {wording.quantity(lower, unit)} and number {place + 1:,} "
        f"{wording.quantity(upper, unit)}; halfway between them lie "
        f"{wording.quantity((lower + upper) / 2, unit)}."
    )


def _beside(explanation: Explanation) -> Iterator[str]:
    entry, number = explanation.entry, explanation.number
    unit = number["unit"]
    if number["p85"] is not None:
        yield f"85 % took {wording.quantity(number['p85'], unit)} or less."
    interval = wording.span(number["interval_low"], number["interval_high"], unit)
    if interval:
        method = "order statistics" if entry["statistic"] == "median" else "Wilson score"
        yield f"Plausible range (95 %, {method}): {interval}."
    elif entry["statistic"] == "census" and number["value"] is not None:
        yield "Every one there is was counted, so there is no plausible range around it."
    if number["survival_median"] is not None:
        median = wording.quantity(number["survival_median"], unit)
        yield f"With what is still open taken into account, half within {median} (Kaplan-Meier)."
    if number["explicit_only_value"] is not None:
        told = wording.quantity(number["explicit_only_value"], unit)
        yield f"By explicit blame alone, nothing inferred: {told}."
    if number["first_published_value"] is not None and number["first_published_at"] is not None:
        told = wording.quantity(number["first_published_value"], unit)
        yield f"First published as {told} on {wording.day(number['first_published_at'].date())}."
    if number["inferred_count"]:
        inferred, rows = number["inferred_count"], wording.counted(number["n"], "row")
        yield f"{inferred:,} of {rows} rest on an inference, and are marked."


def certainty(explanation: Explanation) -> Iterator[str]:
    """Coverage and, for a share, what the number would be with all that is in doubt decided either way."""
    entry, number = explanation.entry, explanation.number
    rows = [*explanation.rows["counted"], *explanation.rows["unknown"]]
    if not rows:
        return
    doubtful = [row for row in rows if row["is_doubtful"]]
    known = wording.covered(number["coverage"])
    if entry["statistic"] == "median":
        unknown = number["unknown_count"]
        if unknown:
            yield f"Coverage {known}: {unknown:,} of {len(rows):,} could not be measured, and are left out."
        else:
            yield f"Coverage {known}: all {len(rows):,} could be measured."
        return
    if not doubtful:
        yield f"Coverage {known}: all {len(rows):,} could be judged."
        return
    yield f"Coverage {known}: {len(doubtful):,} of {len(rows):,} are in doubt."
    if number["bound_low"] is None:
        return
    yes, no = _verdict_words(number)
    low, high = (wording.quantity(number[end], "share") for end in ("bound_low", "bound_high"))
    what = "it" if len(doubtful) == 1 else f"all {len(doubtful):,}"
    yield f"With {what} taken as {no}: {low}. With {what} taken as {yes}: {high}."


def row_groups(explanation: Explanation) -> list[Group]:
    """Title, remedy and rows of each group that has any; what was left out is a group a reason."""
    rows = explanation.rows
    groups: list[Group] = []
    if explanation.entry["statistic"] != "median":
        for verdict, words in zip(("yes", "no"), _verdict_words(explanation.number), strict=True):
            chosen = [row for row in rows["counted"] if row["verdict"] == verdict]
            groups.append((f"Counted, {words}", "", chosen))
        if explanation.entry["better"] == "higher":
            groups.reverse()
    else:
        groups.append(("Counted", "", rows["counted"]))
    groups.append(("Still open at its end", "", rows["open"]))
    groups += _by_reason(explanation, "unknown", "Cannot be judged", "unknown_because")
    groups += _by_reason(explanation, "immature", "Too recent", "")
    groups += _by_reason(explanation, "left_out", "Left out", "excluded_because")
    return [group for group in groups if group[2]]


def _by_reason(explanation: Explanation, role: str, title: str, column: str) -> list[Group]:
    """The rows of a role by their reason, the most frequent first."""
    by_reason: dict[str, list[Row]] = {}
    for row in explanation.rows[role]:
        by_reason.setdefault(row.get(column) or role, []).append(row)
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        (f"{title}, {explanation.words(role, reason)}", explanation.remedy(role, reason), rows)
        for reason, rows in ordered
    ]


def allotted(sizes: Sequence[int], limit: int) -> list[int]:
    """How many rows of each group to list: a few of each, the rest of the limit in the groups' order."""
    if limit == 0 or sum(sizes) <= limit:
        return list(sizes)
    few = min(FEW, limit // len(sizes))
    given = [min(size, few) for size in sizes]
    left = limit - sum(given)
    for place, size in enumerate(sizes):
        more = min(size - given[place], left)
        given[place] += more
        left -= more
    return given


def _rows(explanation: Explanation, rows: Sequence[Row], width: int, has_links: bool) -> list[Text]:
    """What each row contributes, its day and title; below these whose it is, why, and where to find it."""
    values = [contribution(explanation, row) for row in rows]
    value_width = max((len(value) for value in values), default=0)
    left = len(INDENT) + (value_width + len(GAP) if value_width else 0) + DAY_WIDTH + len(GAP)
    lines = []
    for row, value in zip(rows, values, strict=True):
        day = None if row["role"] == "open" else row["occurred_on"]
        if day is None and row["started_at"] is not None:
            day = row["started_at"].date()
        begin = INDENT + (value.rjust(value_width) + GAP if value_width else "")
        line = Text(begin + (day.isoformat() if day else "").ljust(DAY_WIDTH) + GAP)
        address = safe_address(row)
        title = wording.shortened(
            row["subject_title"] or row["subject_id"], max(width - left, SHORTEST_TITLE)
        )
        line.append(title, style=Style(link=address) if has_links and address else "")
        lines.append(line)
        if address and not has_links:
            lines.append(Text(" " * left + address, style="dim"))
        key = row.get("issue_key") or row["subject_id"]
        told = [] if key == row["subject_title"] else [wording.printable(key)]
        told += [*whose(explanation, row), *why(explanation, row)]
        lines += paragraph(", ".join(told), width, style="dim", indent=" " * left)
    return lines


def safe_address(row: Row) -> str | None:
    """The row's address if it is one that a browser opens and a terminal can be trusted with."""
    url = row["subject_url"] or ""
    return url if _ADDRESS.fullmatch(url) else None


def contribution(explanation: Explanation, row: Row) -> str:
    """What a row gives to the number: its duration, its verdict, its age while open; empty for the others."""
    entry = explanation.entry
    if row["role"] == "open":
        return wording.age(row["open_age_seconds"])
    if row["role"] != "counted":
        return ""
    if entry["statistic"] == "median":
        return wording.quantity(row["duration_in_unit"], entry["unit"])
    yes, no = _verdict_words(explanation.number)
    return yes if row["verdict"] == "yes" else no


def whose(explanation: Explanation, row: Row) -> list[str]:
    """Team and service, by their names."""
    told = []
    for kind in ("team", "service"):
        key = row[f"{kind}_id"]
        if key is not None:
            name: str = explanation.names.get((kind, key)) or key
            told.append(f"{kind} {wording.printable(name)}")
    return told or ["no team"]


def why(explanation: Explanation, row: Row) -> list[str]:
    """What a row's own KPI says of it: the stages, the reason of a miss, what blames or ties it."""
    if row["role"] in ("left_out", "immature"):
        return []
    told = list(_own_words(explanation, row))
    if row["is_inferred"] and row["role"] == "counted":
        told.append("inferred")
    return [wording.printable(part) for part in told if part]


def _own_words(explanation: Explanation, row: Row) -> Iterator[str | None]:
    kpi = explanation.entry["kpi"]
    words = explanation.words("decided_by", row["method"]) if row["role"] == "counted" else ""
    if kpi == "lead_time":
        yield from _lead_time(row)
        yield words
    elif kpi == "delivery_predictability":
        yield explanation.words("decided_by", row["missed_because"])
        if row["sprint_id"] is not None:
            yield f"sprint {row['sprint_id']}"
        if row["threshold_days"] is not None:
            yield f"service level {wording.quantity(row['threshold_days'], 'days')}"
    elif kpi == "cycle_time":
        yield row["issue_type"]
    elif kpi == "key_person_concentration":
        yield from _authors(row)
    elif kpi == "change_failure_rate":
        yield words
        yield from _evidence(row)
    elif kpi == "time_to_restore":
        yield wording.counted(row["incident_count"], "incident")
        if row["blamed_deployment_id"] is not None:
            yield f"after deployment {row['blamed_deployment_id']}"
    elif kpi == "defect_escape":
        yield f"found in {row['found_in']}" if row["method"] == "found_in" else words
        yield "severe" if row["is_severe"] else ""
    elif kpi == "rework_ratio" and row["verdict"] == "no":
        yield "lands again what was reverted" if row["is_reland"] else "has an issue and no mark of rework"
    elif kpi == "outcome_linked_work":
        yield from _outcome(row, words)
    elif kpi == "roadmap_accuracy":
        yield words
        yield from _promise(row)
    else:
        yield words


def _lead_time(row: Row) -> Iterator[str]:
    if row["role"] == "counted":
        stages = (f"{stage} {wording.age(row[f'{stage}_seconds'])}" for stage in _STAGES)
        yield " + ".join(stages)
    if row["is_first_commit_unknown"]:
        yield "its commits are not known"
    if row["is_hotfix"]:
        yield "hotfix"


def _evidence(row: Row) -> Iterator[str]:
    """What says that a deployment failed: its title, key and address, and how much more says so."""
    if row["role"] != "counted" or row["evidence_id"] is None:
        return
    title, key = row["evidence_title"], row["evidence_id"]
    yield f"{title} ({key})" if title else key
    if row["evidence_url"]:
        yield row["evidence_url"]
    if row["evidence_count"] > 1:
        yield f"and {wording.counted(row['evidence_count'] - 1, 'more piece')} of evidence"


def _authors(row: Row) -> Iterator[str]:
    if row["author_count"] is not None:
        current = row["current_author_count"]
        yield f"{current or 'no'} current of {wording.counted(row['author_count'], 'author')}"


def _outcome(row: Row, words: str) -> Iterator[str]:
    if row["verdict"] == "yes":
        yield f"{row['outcome_type']} {row['outcome_id']}"
        yield words
        if row["outcome_count"] > 1:
            yield f"and {wording.counted(row['outcome_count'] - 1, 'more outcome')}"
    elif row["subject_type"] == "pull_request":
        yield "a change without an issue"


def _promise(row: Row) -> Iterator[str]:
    if row["planned_end_on"] is not None:
        yield f"planned by {wording.day(row['planned_end_on'])}"
    if row["delivered_on"] is not None:
        slip = row["slip_days"] or 0
        late = f", {wording.counted(abs(slip), 'day')} {'late' if slip > 0 else 'early'}" if slip else ""
        yield f"delivered on {wording.day(row['delivered_on'])}{late}"
