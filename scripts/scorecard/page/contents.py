"""What the page needs of a warehouse, read in one go."""

from __future__ import annotations

from dataclasses import dataclass

from scorecard import headlines
from scorecard.explanations import Explanation, explain
from scorecard.headlines import Scope
from scorecard.quarters import quarter_name, quarter_shift
from scorecard.reading import Reader, ReadingError, Row

# A number that changed within so many days before the page's instant is told at its foot.
RESTATED_DAYS = 31


@dataclass(frozen=True)
class Contents:
    """Rows of the marts: the catalog, the company's ten numbers opened, those of teams and services, and
    what the foot tells.
    """

    catalog: list[Row]
    explanations: dict[str, Explanation]
    figures: dict[str, list[Row]]
    headlines: list[Row]
    scopes: list[Row]
    periods: list[Row]
    quality: list[Row]
    restatements: list[Row]
    is_published_before: bool


def read_contents(reader: Reader) -> Contents:
    """Read all of it; raises ReadingError where the warehouse holds no scorecard or no number yet."""
    catalog = headlines.catalog(reader)
    rows = headlines.headline_rows(reader, Scope())
    if not catalog or not rows:
        raise ReadingError("The scorecard has no rows yet: build it first.")
    entries = {entry["kpi"]: entry for entry in catalog}
    return Contents(
        catalog=catalog,
        explanations={row["kpi"]: explain(reader, entries[row["kpi"]], row) for row in rows},
        figures={row["kpi"]: headlines.supporting_figures(reader, Scope(), row["kpi"]) for row in rows},
        headlines=rows,
        scopes=_scopes(reader),
        periods=_periods(reader),
        quality=reader.rows("select * from marts.data_quality order by tool, object, measure"),
        restatements=_restatements(reader),
        is_published_before=bool(
            reader.rows("select 1 from marts.scorecard_history where not is_this_build limit 1")
        ),
    )


def _scopes(reader: Reader) -> list[Row]:
    """The headline rows of teams, then of services, by name; what belongs to none comes last."""
    return reader.rows(
        """
        select *
        from marts.scorecard
        where scope_type <> 'company' and is_headline_grain and is_latest_period
        order by
            case when scope_type = 'team' then 0 else 1 end,
            case when scope_id in ('no_team', 'no_service') then 1 else 0 end,
            scope_name,
            scope_id,
            kpi_number
        """
    )


def _periods(reader: Reader) -> list[Row]:
    """The unpooled periods of every scope, oldest first."""
    rows = reader.rows(
        "select * from marts.scorecard where period_grain in ('month', 'month_end', 'quarter') "
        "order by period_start_on, kpi, scope_id"
    )
    return _with_quarters(reader, rows)


def _with_quarters(reader: Reader, rows: list[Row]) -> list[Row]:
    """The rows with the name of their quarter, where they are of one."""
    shift = quarter_shift(reader)
    for row in rows:
        if row["period_grain"] == "quarter":
            row["quarter_label"] = quarter_name(row["period_start_on"], shift)
    return rows


def _restatements(reader: Reader) -> list[Row]:
    """What the page of a month ago told otherwise of the company, the latest change first."""
    rows = reader.rows(
        """
        select history.*, kpis.kpi_name, kpis.kpi_number
        from marts.scorecard_history as history
        inner join marts.dim_kpis as kpis
            on history.kpi = kpis.kpi
        where history.event <> 'first' and history.scope_type = 'company'
        order by kpis.kpi_number, history.period_start_on desc, history.published_at desc
        """
    )
    newest = max((row["published_at"] for row in rows if row["published_at"]), default=None)
    recent = [
        row
        for row in rows
        if row["is_this_build"]
        or row["published_at"] is None
        or (newest - row["published_at"]).days <= RESTATED_DAYS
    ]
    return _with_quarters(reader, recent)
