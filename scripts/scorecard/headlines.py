"""The scorecard's rows for a scope, and the observations behind a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scorecard import wording
from scorecard.quarters import quarter_name, quarter_shift
from scorecard.reading import Reader, ReadingError, Row


@dataclass(frozen=True)
class Section:
    """Where a row of a fact stands in a period's account: role, title over such rows, a word for them."""

    role: str
    title: str
    word: str


# In the order of the page.
SECTIONS = (
    Section("counted", "Counted", "counted"),
    Section("open", "Still open at its end", "still open"),
    Section("unknown", "Cannot be judged", "unknown"),
    Section("immature", "Too recent to judge", "too recent"),
    Section("left_out", "Left out", "left out"),
)
ROLES = tuple(section.role for section in SECTIONS)


@dataclass(frozen=True)
class Scope:
    """Whose numbers: the company's, a team's or a service's."""

    scope_type: str = "company"
    scope_id: str = "company"


def catalog(reader: Reader) -> list[Row]:
    """The ten KPIs in the page's order."""
    return reader.rows("select * from marts.dim_kpis order by kpi_number")


def find_entry(catalog: Sequence[Row], kpi: str) -> Row:
    """The catalog's row of a KPI, by its key or its name.

    Raises ReadingError that names the ten keys where there is none.
    """
    wanted = re.sub(r"[\s_-]+", "_", kpi.strip().lower())
    for entry in catalog:
        if wanted in (entry["kpi"], re.sub(r"[\s_-]+", "_", entry["kpi_name"].lower())):
            return entry
    keys = ", ".join(entry["kpi"] for entry in catalog)
    raise ReadingError(f'There is no KPI "{wording.printable(kpi)}": choose one of {keys}.')


def headline_rows(reader: Reader, scope: Scope) -> list[Row]:
    """The ten headline rows of a scope in the page's order.

    Raises ReadingError for a team or a service that the scorecard does not know.
    """
    if scope.scope_type == "company":
        return reader.rows("select * from marts.scorecard_current order by kpi_number")
    rows = reader.rows(
        """
        select *
        from marts.scorecard
        where scope_type = ? and scope_id = ? and is_headline_grain and is_latest_period
        order by kpi_number
        """,
        (scope.scope_type, scope.scope_id),
    )
    if not rows:
        raise ReadingError(_unknown_scope(reader, scope))
    return rows


def _unknown_scope(reader: Reader, scope: Scope) -> str:
    known = reader.rows(
        "select scope_id from marts.scorecard where scope_type = ? group by scope_id order by scope_id",
        (scope.scope_type,),
    )
    choice = ", ".join(row["scope_id"] for row in known)
    remedy = f"choose one of {choice}." if known else f"land the planning sheet {scope.scope_type}s first."
    return f'There is no {scope.scope_type} "{scope.scope_id}": {remedy}'


def single_periods(reader: Reader, scope: Scope, kpi: str | None = None) -> list[Row]:
    """The unpooled periods (months, month ends, quarters) of a scope, oldest first, of one KPI or of all."""
    query = """
        select *
        from marts.scorecard
        where
            scope_type = ? and scope_id = ?
            and period_grain in ('month', 'month_end', 'quarter')
    """
    parameters = [scope.scope_type, scope.scope_id]
    if kpi is not None:
        query += " and kpi = ?"
        parameters.append(kpi)
    return reader.rows(query + " order by period_start_on, kpi", parameters)


def supporting_figures(reader: Reader, scope: Scope, kpi: str) -> list[Row]:
    """The figures beside a KPI's headline in the page's order; one that is broken down has several rows."""
    return reader.rows(
        """
        select *
        from marts.scorecard_supporting_figures
        where kpi = ? and scope_type = ? and scope_id = ? and is_headline_grain and is_latest_period
        order by figure_number, breakdown
        """,
        (kpi, scope.scope_type, scope.scope_id),
    )


def read_detail(reader: Reader, entry: Row, scope: Scope, row_limit: int | None) -> dict[str, Any]:
    """One KPI from its catalog row: `definition`, `headline`, the `figures` beside it, `periods` (oldest
    first) and, for the latest period, `counts` (rows by section and reason) and `observations` (by section;
    at most `row_limit` each).
    """
    headline = next((row for row in headline_rows(reader, scope) if row["kpi"] == entry["kpi"]), None)
    periods = single_periods(reader, scope, entry["kpi"])
    if entry["base_grain"] == "quarter":
        shift = quarter_shift(reader)
        for row in periods:
            row["quarter_label"] = quarter_name(row["period_start_on"], shift)
    counts: list[Row] = []
    observations: dict[str, list[Row]] = {}
    if periods:
        source, parameters = _observations_query(entry, periods[-1])
        counts = reader.rows(
            "select section, excluded_because, count(*) as row_count "
            f"from ({source}) as observations "
            "group by section, excluded_because order by section, row_count desc, excluded_because",
            parameters,
        )
        limit = "" if row_limit is None else f"limit {row_limit:d}"
        for section in ROLES:
            observations[section] = reader.rows(
                f"select * from ({source}) as observations where section = ? "
                f"order by {_order(entry, section)} {limit}",
                (*parameters, section),
            )
    return {
        "definition": entry,
        "headline": headline,
        "figures": supporting_figures(reader, scope, entry["kpi"]),
        "periods": periods,
        "counts": counts,
        "observations": observations,
    }


def _observations_query(entry: Row, period: Row) -> tuple[str, tuple[Any, ...]]:
    """The fact's rows behind a row of the scorecard, each with its section."""
    condition, parameters = behind(period)
    query = f"""
        select facts.*, observations.role as section
        from marts.scorecard_observations as observations
        inner join marts.fct_{entry["accountability"]} as facts
            on observations.observation_id = facts.observation_id
        where {condition}
    """
    return query, parameters


def behind(number: Row) -> tuple[str, tuple[Any, ...]]:
    """A condition on `marts.scorecard_observations as observations`, and its parameters, that holds for the
    rows behind a row of the scorecard: those of its months, and what is open at the end, in its scope.
    """
    last_month_on = number["period_end_on"].replace(day=1)
    condition = f"""
        observations.kpi = ?
        and observations.is_of_{number["scope_type"]}
        and (
            (observations.role <> 'open' and observations.month_on between ? and ?)
            or (observations.role = 'open' and observations.month_on = ?)
        )
    """
    parameters = (number["kpi"], number["period_start_on"], last_month_on, last_month_on)
    if number["scope_type"] == "company":
        return condition, parameters
    column = f"{number['scope_type']}_id"
    condition += f"and coalesce(observations.{column}, 'no_{number['scope_type']}') = ?"
    return condition, (*parameters, number["scope_id"])


def _order(entry: Row, section: str) -> str:
    """What a reader wants to see first: the slowest, the missed, the oldest."""
    if section == "open":
        return "started_at, observation_id"
    if section == "left_out":
        return "excluded_because, occurred_at desc, observation_id"
    if entry["statistic"] == "median":
        return "duration_seconds desc, observation_id"
    bad = "no" if entry["better"] == "higher" else "yes"
    return f"case when verdict = '{bad}' then 0 else 1 end, occurred_at desc, observation_id"
