"""What every chart of bi/superset has to say, reckoned from the marts without the charts' SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import Any

from scorecard.headlines import behind
from scorecard.reading import Reader, Row

Rows = list[dict[str, Any]]

SINGLE = ("month", "month_end", "quarter")
ROLES = {"immature": "too recent to judge", "left_out": "left out", "open": "still open"}
DATA_STATUS = {"warn": "warning", "no_data": "no data"}
WORST_FIRST = ("error", "warn", "no_data", "ok")


def expected(reader: Reader) -> dict[str, list[Rows]]:
    """By the name of a chart's file the rows of each of its queries."""
    current = reader.rows("select * from marts.scorecard_current order by kpi_number")
    everything = reader.rows("select * from marts.scorecard")
    latest = [row for row in everything if row["is_headline_grain"] and row["is_latest_period"]]
    by_kind = {kind: [row for row in latest if row["scope_type"] == kind] for kind in ("team", "service")}
    counts = row_counts(reader, current)
    charts = {
        "as_of": [[as_of(current[0])]],
        "ten_numbers": [[number(row) for row in current]],
        "every_number": [every_number(by_kind)],
        "rows_behind": [rows_behind(counts)],
        "rows_left_out": [rows_left_out(counts)],
        "data_quality": [data_quality(reader)],
    }
    for kind, rows in by_kind.items():
        charts[f"numbers_by_{kind}"] = [[pivoted(row, "value", "unit_shown") for row in rows]]
        charts[f"status_by_{kind}"] = [[pivoted(row, "status") for row in rows]]
    for row in current:
        charts[f"trend_{row['kpi']}"] = trend([one for one in everything if one["kpi"] == row["kpi"]])
    return charts


def milliseconds(instant: datetime | date | None) -> float | None:
    """Time since 1970 as Superset writes it."""
    if instant is None:
        return None
    if not isinstance(instant, datetime):
        instant = datetime(instant.year, instant.month, instant.day)
    return instant.replace(tzinfo=UTC).timestamp() * 1000


def as_of(row: Row) -> dict[str, Any]:
    assert row["data_origin"] == "sample"
    return {
        "as_of": milliseconds(row["as_of"]),
        "reporting_timezone": row["reporting_timezone"],
        "definition_version": row["definition_version"],
        "run_id": row["run_id"],
        "data_origin_told": "SAMPLE COMPANY: invented data, nobody's real numbers",
    }


def kpi(row: Row) -> str:
    return f"{row['kpi_number']:02} {row['kpi_name']}"


def scope(row: Row) -> str:
    if row["scope_id"] in ("no_team", "no_service"):
        return f"No {row['scope_type']}"
    return f"{row['scope_type'].capitalize()} {row['scope_name']}"


def in_unit(row: Row, value: float | None) -> float | None:
    return value if value is None or row["unit"] != "share" else 100 * value


def number(row: Row) -> dict[str, Any]:
    """A row of the tables of numbers."""
    is_poor = row["coverage_band"] == "poor"
    low, high = ("bound_low", "bound_high") if is_poor else ("interval_low", "interval_high")
    coverage = row["coverage"] if row["value"] is not None else None
    is_nearly_all = coverage is not None and 0.999 < coverage < 1
    return {
        "kpi_shown": kpi(row),
        "value_shown": None if is_poor else in_unit(row, row["value"]),
        "unit_shown": "%" if row["unit"] == "share" else row["unit"],
        "low_shown": in_unit(row, row[low]),
        "high_shown": in_unit(row, row[high]),
        "n": row["n"],
        "coverage_shown": 99.9 if is_nearly_all else coverage and 100 * coverage,
        "target_shown": in_unit(row, row["target"]),
        "status_shown": row["status"].replace("_", " "),
        "sentence": row["sentence"],
    }


def every_number(by_kind: dict[str, list[Row]]) -> Rows:
    """Teams before services, those without one among them."""
    return [
        {"scope_shown": scope(row), **number(row)}
        for kind in ("team", "service")
        for row in sorted(by_kind[kind], key=lambda row: (scope(row), row["kpi_number"]))
    ]


def pivoted(row: Row, metric: str, *others: str) -> dict[str, Any]:
    shown = number(row)
    cells = {name: shown[name] for name in ("kpi_shown", *others)}
    return {"scope_shown": scope(row), **cells, metric: shown[f"{metric}_shown"]}


def trend(rows: list[Row]) -> list[Rows]:
    """The company's points from the first value on, and the latest limits beside each."""
    points = [row for row in rows if row["scope_type"] == "company" and row["period_grain"] in SINGLE]
    points.sort(key=lambda row: row["period_start_on"])
    last = points[-1]
    has_limits = last["is_signal_drawn"] and last["signal_reason"] != "drifting_stock"
    low, middle, high = (
        last[name] if has_limits else None for name in ("chart_low", "chart_middle", "chart_high")
    )
    if low is not None:
        low = max(low, 0.0)
    if high is not None and last["unit"] == "share":
        high = min(high, 1.0)
    first = min(row["period_start_on"] for row in points if row["value"] is not None)
    values, others = [], []
    for row in points:
        if row["period_start_on"] < first:
            continue
        month = {"month_on": milliseconds(row["period_end_on"].replace(day=1))}
        values.append({**month, "value": number(row)["value_shown"]})
        limits = {"lower_limit": low, "middle_line": middle, "upper_limit": high}
        shown = {name: in_unit(row, value) for name, value in limits.items()}
        others.append({**month, "target": in_unit(row, row["target"]), **shown})
    return [values, others]


def row_counts(reader: Reader, current: list[Row]) -> dict[str, Counter[tuple[str, str | None]]]:
    """Rows behind the ten numbers by role and reason; they add up to what the scorecard says of itself."""
    found: dict[str, Counter[tuple[str, str | None]]] = defaultdict(Counter)
    for row in current:
        condition, parameters = behind(row)
        rows = reader.rows(
            "select role, excluded_because, count(*) as rows_there "
            f"from marts.scorecard_observations as observations where {condition} "
            "group by role, excluded_because",
            parameters,
        )
        for one in rows:
            found[kpi(row)][one["role"], one["excluded_because"]] = one["rows_there"]
        for role, column in (
            ("counted", "n"),
            ("unknown", "unknown_count"),
            ("immature", "immature_count"),
            ("left_out", "excluded_count"),
            ("open", "open_count"),
        ):
            total = sum(count for (of, _), count in found[kpi(row)].items() if of == role)
            assert total == (row[column] or 0), (row["kpi"], role)
    wording = reader.rows("select kpi, reason, wording from marts.dim_reasons where kind = 'left_out'")
    words = {(row["kpi"], row["reason"]): row["wording"] for row in wording}
    keys = {kpi(row): row["kpi"] for row in current}
    return {
        shown: Counter(
            {(role, words.get((keys[shown], why))): count for (role, why), count in counts.items()}
        )
        for shown, counts in found.items()
    }


def rows_behind(counts: dict[str, Counter[tuple[str, str | None]]]) -> Rows:
    by_role: Counter[tuple[str, str]] = Counter()
    for shown, found in counts.items():
        for (role, _), count in found.items():
            by_role[shown, ROLES.get(role, role)] += count
    return [
        {"kpi_shown": shown, "role_shown": role, "row_count": count}
        for (shown, role), count in by_role.items()
    ]


def rows_left_out(counts: dict[str, Counter[tuple[str, str | None]]]) -> Rows:
    return [
        {"kpi_shown": shown, "reason": why, "row_count": count}
        for shown, found in counts.items()
        for (role, why), count in found.items()
        if role == "left_out"
    ]


def data_quality(reader: Reader) -> Rows:
    rows = reader.rows("select * from marts.data_quality where status <> 'not_judged'")
    rows.sort(key=lambda row: (WORST_FIRST.index(row["status"]), row["measure_name"], source(row)))
    return [measure(row) for row in rows]


def source(row: Row) -> str:
    return " ".join(part for part in (row["tool"], row["object"]) if part) or "all"


def measure(row: Row) -> dict[str, Any]:
    return {
        "measure_name": row["measure_name"],
        "source_shown": source(row),
        "value_shown": in_unit(row, row["value"]),
        "unit_shown": "%" if row["unit"] == "share" else row["unit"],
        "status_shown": DATA_STATUS.get(row["status"], row["status"]),
        "part_count": row["part_count"],
        "whole_count": row["whole_count"],
        "instant_at": milliseconds(row["instant_at"]),
    }


# In these charts the order of the rows is part of what they say.
ORDERED = ("ten_numbers", "every_number", "data_quality")


def sort_key(row: dict[str, Any]) -> tuple[str, ...]:
    """Sorts rows by what they are of."""
    return tuple(
        str(value) for name, value in sorted(row.items()) if isinstance(value, str) or name == "month_on"
    )
