"""The subject of a fact: one row a KPI, with what became of its rows."""

from __future__ import annotations

from scorecard.landing.sql import literal
from scorecard.refresh.gate import limits
from scorecard.refresh.gate.rules import Subject, at_most, between, one_of
from scorecard.refresh.gate.view import NO_PRIOR, View

_EPSILON = limits.TOLERANCE


def fact_rows(view: View, fact: str) -> Subject:
    kpis = [kpi for kpi, accountability in view.catalog.items() if f"fct_{accountability}" == fact]
    catalog = " union all ".join(f"select {literal(kpi)} as kpi" for kpi in kpis)
    tables = " union all ".join(
        f"select {literal(kpi)} as kpi, count(*) as rows_in_table from {view.place.mart(f'kpi_{kpi}')}"
        for kpi in kpis
    )
    prior = view.prior(fact, {"kpi": "text"})
    query = f"""
        with

        as_of as (
            select max(as_of) as as_of from {view.place.mart("scorecard")}
        ),

        rows_now as (
            select
                kpi,
                count(*) as rows_now,
                count(case when is_counted and duration_seconds < 0 then 1 end) as negative,
                count(case when is_counted and ended_at < started_at then 1 end) as ended_early,
                count(case when is_counted and not is_immature and occurred_at > as_of then 1 end) as late,
                count(case when is_counted = (excluded_because is not null) then 1 end) as unreasoned
            from {view.place.mart(fact)}
            cross join as_of
            group by kpi
        ),

        rows_before as (
            select kpi, count(*) as rows_before from {prior} as prior group by kpi
        ),

        tables as (
            {tables}
        ),

        catalog as (
            {catalog}
        ),

        joined as (
            select
                coalesce(rows_now.kpi, rows_before.kpi, catalog.kpi, '(none)') as kpi,
                case when rows_now.rows_now > 0 and catalog.kpi is null then 'no' else 'yes' end
                    as is_in_catalog,
                coalesce(rows_now.rows_now, 0) as rows_now,
                coalesce(rows_before.rows_before, 0) as rows_before,
                coalesce(tables.rows_in_table, 0) as rows_in_table,
                coalesce(rows_now.negative, 0) as negative,
                coalesce(rows_now.ended_early, 0) as ended_early,
                coalesce(rows_now.late, 0) as late,
                coalesce(rows_now.unreasoned, 0) as unreasoned
            from catalog
            full join rows_now on catalog.kpi = rows_now.kpi
            full join rows_before on coalesce(catalog.kpi, rows_now.kpi) = rows_before.kpi
            left join tables on catalog.kpi = tables.kpi
        )

        select
            kpi || ' (' || cast(rows_now as text) || ' rows, ' || cast(rows_before as text) || ' before)'
                as place,
            is_in_catalog,
            rows_now - rows_in_table as beside_table,
            negative,
            ended_early,
            late,
            unreasoned,
            cast(case
                when rows_before >= {limits.FEWEST_ROWS} and rows_now < rows_before
                    then 100.0 * (rows_before - rows_now) / rows_before
                else 0
            end as double precision) as kpi_fall,
            cast(case
                when sum(rows_now) over () < sum(rows_before) over ()
                    then 100.0 * (sum(rows_before) over () - sum(rows_now) over ())
                        / sum(rows_before) over ()
                else 0
            end as double precision) as fact_fall
        from joined
    """
    half = "by more than half since the last publication"
    tenth = f"by more than {limits.DOUBTED_FALL:.0f} % since the last publication"
    fell = "they fell by {:.1f} %" if view.has_prior(fact, {"kpi": "text"}) else NO_PRIOR
    rules = (
        at_most(
            "rows_kept", f"The rows of {fact} did not fall {half}", "fact_fall", limits.REFUSED_FALL, fell
        ),
        at_most(
            "nearly_all_rows_kept",
            f"The rows of {fact} did not fall {tenth}",
            "fact_fall",
            limits.DOUBTED_FALL,
            fell,
            severity="warning",
        ),
        between(
            "rows_of_each_kpi_kept",
            f"The rows of no KPI in {fact} fell {half}",
            "kpi_fall",
            0,
            limits.REFUSED_FALL,
        ),
        between(
            "nearly_all_rows_of_each_kpi_kept",
            f"The rows of no KPI in {fact} fell {tenth}",
            "kpi_fall",
            0,
            limits.DOUBTED_FALL,
            severity="warning",
        ),
        one_of(
            "kpis_of_the_accountability",
            f"{fact} holds no KPI but its accountability's",
            "is_in_catalog",
            ["yes"],
        ),
        one_of(
            "rows_of_the_kpi_tables",
            f"{fact} holds as many rows of each KPI as that KPI's table",
            "beside_table",
            [0],
        ),
        between(
            "durations_not_negative",
            f"No counted row of {fact} has a negative duration",
            "negative",
            0,
            0,
        ),
        between("ends_after_starts", f"No counted row of {fact} ended before it began", "ended_early", 0, 0),
        between("nothing_after_as_of", f"No number counts a row of {fact} from after as_of", "late", 0, 0),
        between(
            "left_out_with_reason",
            f"Every row of {fact} is either counted or has a reason why not",
            "unreasoned",
            0,
            0,
        ),
    )
    return Subject(fact, query, rules, "KPI", "KPIs")
