"""The scorecard's rows for a scope, and the observations behind a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scorecard.reading import Reader, ReadingError, Row

# Where a row of a fact stands in a period's account, with its title, in the order of the page.
SECTIONS = (
    ("counted", "Counted"),
    ("open", "Still open at its end"),
    ("unknown", "Cannot be judged"),
    ("immature", "Too recent to judge"),
    ("left_out", "Left out"),
)


@dataclass(frozen=True)
class Scope:
    """Whose numbers: the company's, a team's or a service's."""

    scope_type: str = "company"
    scope_id: str = "company"

    @property
    def column(self) -> str | None:
        """The facts' column that holds the scope; none for the company."""
        return {"team": "team_id", "service": "service_id"}.get(self.scope_type)


def catalog(reader: Reader) -> list[Row]:
    """The ten KPIs in the page's order."""
    return reader.rows("select * from marts.dim_kpis order by kpi_number")


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


def read_detail(reader: Reader, entry: Row, scope: Scope, row_limit: int | None) -> dict[str, Any]:
    """One KPI from its catalog row: `definition`, `headline`, `periods` (oldest first) and, for the latest
    period, `counts` (rows by section and reason) and `observations` (by section; at most `row_limit` each).
    """
    headline = next((row for row in headline_rows(reader, scope) if row["kpi"] == entry["kpi"]), None)
    periods = single_periods(reader, scope, entry["kpi"])
    counts: list[Row] = []
    observations: dict[str, list[Row]] = {}
    if periods:
        source, parameters = _observations_query(entry, scope, periods[-1])
        counts = reader.rows(
            "select section, excluded_because, count(*) as row_count "
            f"from ({source}) as observations "
            "group by section, excluded_because order by section, row_count desc, excluded_because",
            parameters,
        )
        limit = "" if row_limit is None else f"limit {row_limit:d}"
        for section, _ in SECTIONS:
            observations[section] = reader.rows(
                f"select * from ({source}) as observations where section = ? "
                f"order by {_order(entry, section)} {limit}",
                (*parameters, section),
            )
    return {
        "definition": entry,
        "headline": headline,
        "periods": periods,
        "counts": counts,
        "observations": observations,
    }


def _observations_query(entry: Row, scope: Scope, period: Row) -> tuple[str, tuple[Any, ...]]:
    """The fact's rows that belong to a period or are open at its end, each with its section.

    The sections hold as many rows as the scorecard counts: n, open, unknown, immature, excluded.
    """
    is_duration = entry["statistic"] == "median"
    unknown = "verdict = 'unknown'" + (" or duration_seconds is null" if is_duration else "")
    can_be_open = "verdict is distinct from 'unknown'" if is_duration else "false"
    condition, scope_parameters = _scope_condition(scope)
    query = f"""
        select
            facts.*,
            case
                when not is_counted then 'left_out'
                when is_immature then 'immature'
                when occurred_on is null or occurred_on not between ? and ? then 'open'
                when {unknown} then 'unknown'
                else 'counted'
            end as section
        from marts.fct_{entry["accountability"]} as facts
        where
            kpi = ?
            -- Teams without sprints are measured otherwise, and the two measures are never pooled.
            and (coalesce(method, '') = 'service_level') = ?
            and (
                occurred_on between ? and ?
                -- What was left out may never have come to its end.
                or (
                    not is_counted
                    and occurred_on is null
                    and coalesce(ended_at, open_from_at, started_at) >= ?
                    and coalesce(ended_at, open_from_at, started_at) < ?
                )
                or (
                    is_counted
                    and {can_be_open}
                    and open_from_at < ?
                    and (ended_at is null or ended_at >= ?)
                )
            )
            {condition}
    """
    days = (period["period_start_on"], period["period_end_on"])
    start, end = period["period_start_at"], period["period_end_at"]
    is_service_level = period["measured_by"] == "service_level"
    parameters = (*days, entry["kpi"], is_service_level, *days, start, end, end, end, *scope_parameters)
    return query, parameters


def _scope_condition(scope: Scope) -> tuple[str, Sequence[str]]:
    if scope.column is None:
        return "", ()
    if scope.scope_id == f"no_{scope.scope_type}":
        return f"and {scope.column} is null", ()
    return f"and {scope.column} = ?", (scope.scope_id,)


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
