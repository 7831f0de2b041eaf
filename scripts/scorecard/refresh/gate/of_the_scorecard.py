"""The subjects of the scorecard: its rows, its periods, its page, and how its points moved."""

from __future__ import annotations

from scorecard.landing.sql import literal
from scorecard.refresh.gate import limits
from scorecard.refresh.gate.rules import Rule, Subject, any_rows, at_most, between, nothing_in, one_of, single
from scorecard.refresh.gate.view import NO_PRIOR, PAGE, SCORECARD, View

_EPSILON = limits.TOLERANCE


def scorecard_rows(view: View) -> Subject:
    query = f"""
        select
            scorecard_id as place,
            scorecard_id,
            case when value is null then 'no value' else 'value' end as has_value,
            case when null_reason is null then 'no reason' else 'reason' end as has_reason,
            case when not (value > -1e300 and value < 1e300) then cast(value as text) end as endless,
            case when unit = 'share' then value end as share,
            case when unit <> 'share' then value end as duration,
            value - bound_low as above_bound,
            bound_high - value as below_bound,
            value - interval_low as above_interval,
            interval_high - value as below_interval,
            p85 - value as p85_by,
            case
                when unit = 'share'
                    then value - cast(numerator as double precision) / nullif(denominator, 0)
            end as off_ratio,
            case when value is not null then n end as n_behind,
            coverage,
            as_of,
            data_origin
        from {view.place.mart("scorecard")}
    """
    either = [("value", "no reason"), ("no value", "reason")]
    rules = (
        any_rows("scorecard_has_rows", "The scorecard has rows"),
        Rule(
            "keys_are_unique",
            "critical",
            "Every row of the scorecard has a key of its own",
            "ExpectColumnValuesToBeUnique",
            {"column": "scorecard_id"},
        ),
        Rule(
            "value_or_reason",
            "critical",
            "Every number stands without a reason for its absence, and every absence with one",
            "ExpectColumnPairValuesToBeInSet",
            {"column_A": "has_value", "column_B": "has_reason", "value_pairs_set": either},
        ),
        nothing_in("values_are_finite", "Every value is a finite number", "endless"),
        between("shares_within_0_and_100", "Shares lie within 0 and 100 %", "share", 0, 1),
        between("durations_not_negative", "Durations are not negative", "duration", 0, None),
        between("bounds_below_values", "No value lies below its bounds", "above_bound", -_EPSILON, None),
        between("bounds_above_values", "No value lies above its bounds", "below_bound", -_EPSILON, None),
        between(
            "intervals_below_values",
            "No value lies below its interval",
            "above_interval",
            -_EPSILON,
            None,
        ),
        between(
            "intervals_above_values",
            "No value lies above its interval",
            "below_interval",
            -_EPSILON,
            None,
        ),
        between("p85_above_median", "No 85th percentile lies below its median", "p85_by", -_EPSILON, None),
        between(
            "shares_are_ratios",
            "Shares are their numerator by their denominator",
            "off_ratio",
            -_EPSILON,
            _EPSILON,
        ),
        between("values_rest_on_rows", "Every value rests on at least one row", "n_behind", 1, None),
        between("coverage_within_0_and_100", "Coverage lies within 0 and 100 %", "coverage", 0, 1),
        single("one_as_of", "All rows are as of one instant", "as_of"),
        single("one_data_origin", "All rows have one origin", "data_origin"),
    )
    return Subject("scorecard", query, rules)


def periods(view: View) -> Subject:
    query = f"""
        with

        catalog as (
            select kpi, base_grain as period_grain from {view.place.mart("dim_kpis")}
            union
            select kpi, headline_grain from {view.place.mart("dim_kpis")}
        ),

        expected as (
            select period_grain, count(*) as kpis from catalog group by period_grain
        ),

        found as (
            select period_grain, period_start_on, count(distinct kpi) as kpis, count(*) as rows_found
            from {view.place.mart("scorecard")}
            where scope_type = 'company'
            group by period_grain, period_start_on
        ),

        dated as (
            select
                found.*,
                extract(year from period_start_on) * 12 + extract(month from period_start_on) as month_number
            from found
        ),

        followed as (
            select
                dated.*,
                month_number
                - lag(month_number) over (partition by period_grain order by period_start_on) as months
            from dated
        )

        select
            coalesce(expected.period_grain, followed.period_grain) || ' '
            || coalesce(cast(followed.period_start_on as text), '(none)') as place,
            coalesce(expected.kpis, 0) - coalesce(followed.kpis, 0) as kpis_missing,
            followed.rows_found - followed.kpis as rows_over,
            followed.months
            - case when followed.period_grain in ('quarter', 'trailing_4_quarters') then 3 else 1 end
                as months_skipped
        from expected
        full join followed on expected.period_grain = followed.period_grain
    """
    kpis = len(view.catalog)
    rules = (
        one_of(
            "every_kpi_each_period",
            f"Every one of the {kpis} KPIs has its row for the company in every period of its kind",
            "kpis_missing",
            [0],
        ),
        one_of("one_row_each_period", "No KPI has two rows for the company in one period", "rows_over", [0]),
        one_of(
            "no_period_skipped",
            "No period between the first and the last is missing",
            "months_skipped",
            [0],
        ),
    )
    return Subject("scorecard_periods", query, rules, "period", "periods")


def page(view: View) -> Subject:
    own = " union all ".join(f"select {literal(kpi)} as kpi" for kpi in view.catalog)
    scorecard, page = view.place.mart("scorecard"), view.place.mart("scorecard_current")
    query = f"""
        with

        catalog as (
            {own}
        ),

        page as (
            select
                kpi,
                count(*) as rows_on_page,
                max(scorecard_id) as scorecard_id,
                max(value) as value,
                max(n) as n,
                max(null_reason) as null_reason,
                max(period_start_on) as period_start_on,
                max(period_end_on) as period_end_on
            from {page}
            group by kpi
        ),

        behind as (
            select page.kpi, count(*) as rows_behind
            from page
            inner join {view.place.mart("scorecard_observations")} as observations
                on
                    page.kpi = observations.kpi
                    and observations.role = 'counted'
                    and observations.is_of_company
                    and observations.month_on between page.period_start_on and page.period_end_on
            group by page.kpi
        ),

        before as (
            select kpi, max(value) as value from {view.prior("scorecard_current", PAGE)} as prior group by kpi
        ),

        joined as (
            select
                coalesce(catalog.kpi, page.kpi) as kpi,
                case when catalog.kpi is null then 'no' else 'yes' end as is_in_catalog,
                coalesce(page.rows_on_page, 0) as rows_on_page,
                page.n - coalesce(behind.rows_behind, 0) as rows_unopened,
                case
                    when scorecard.scorecard_id is null and page.kpi is not null then 'no such row'
                    when page.value is distinct from scorecard.value then 'another value'
                end as differs,
                page.null_reason,
                case when page.value is null then 0 else 1 end as has_value,
                case when before.value is null then 0 else 1 end as had_value
            from catalog
            full join page on catalog.kpi = page.kpi
            left join {scorecard} as scorecard on page.scorecard_id = scorecard.scorecard_id
            left join behind on page.kpi = behind.kpi
            left join before on coalesce(catalog.kpi, page.kpi) = before.kpi
        )

        select
            kpi || coalesce(' (' || null_reason || ')', '') as place,
            is_in_catalog,
            rows_on_page,
            rows_unopened,
            differs,
            case when had_value = 1 and has_value = 0 then 'lost' end as lost,
            cast(coalesce(
                100.0 * sum(had_value * (1 - has_value)) over () / nullif(sum(had_value) over (), 0), 0
            ) as double precision) as lost_percent
        from joined
    """
    rules = (
        one_of(
            "page_holds_the_catalog",
            f"The page holds no KPI but the {len(view.catalog)} of the catalog",
            "is_in_catalog",
            ["yes"],
        ),
        one_of("page_has_every_kpi_once", "Every KPI stands on the page once", "rows_on_page", [1]),
        nothing_in("page_agrees_with_scorecard", "The page says what the scorecard says", "differs"),
        one_of(
            "numbers_open_to_their_rows",
            "Every number on the page opens to as many rows as it says that it rests on",
            "rows_unopened",
            [0],
        ),
        at_most(
            "most_numbers_kept",
            "At most half of the numbers on the page were lost since the last publication",
            "lost_percent",
            limits.REFUSED_FALL,
            "{:.0f} % were lost" if view.has_prior("scorecard_current", PAGE) else NO_PRIOR,
        ),
        nothing_in(
            "every_number_kept",
            "No number on the page was lost since the last publication",
            "lost",
            severity="warning",
        ),
    )
    return Subject("scorecard_current", query, rules, "KPI", "KPIs")


def movements(view: View) -> Subject:
    prior = view.prior("scorecard", SCORECARD)
    query = f"""
        with

        points as (
            select
                scorecard.scorecard_id,
                scorecard.kpi,
                scorecard.period_grain,
                scorecard.period_start_on,
                scorecard.value,
                scorecard.n,
                scorecard.interval_low,
                scorecard.interval_high,
                scorecard.chart_high - scorecard.chart_middle as reach,
                scorecard.definition_version,
                scorecard.is_latest_period,
                dim_kpis.statistic
            from {view.place.mart("scorecard")} as scorecard
            inner join {view.place.mart("dim_kpis")} as dim_kpis
                on scorecard.kpi = dim_kpis.kpi and scorecard.period_grain = dim_kpis.base_grain
            where scorecard.scope_type = 'company' and scorecard.value is not null
        ),

        followed as (
            select
                points.*,
                lag(value) over neighbours as last_value_seen,
                lag(n) over neighbours as last_n,
                lag(interval_low) over neighbours as last_low,
                lag(interval_high) over neighbours as last_high,
                lag(reach) over neighbours as last_reach
            from points
            window neighbours as (partition by kpi order by period_start_on)
        ),

        compared as (
            select
                followed.*,
                prior.value as value_before,
                {_unexplained("last_value_seen", "last_n", "last_low", "last_high")} as is_other_than_last,
                {_unexplained("prior.value", "prior.n", "prior.interval_low", "prior.interval_high")}
                    as is_other_than_before
            from followed
            left join {prior} as prior
                on
                    followed.scorecard_id = prior.scorecard_id
                    and followed.definition_version = prior.definition_version
        )

        select
            kpi || ' of the ' || replace(period_grain, '_', ' ') || ' from '
            || cast(period_start_on as text) as place,
            case
                when
                    is_latest_period and last_reach > 0 and is_other_than_last
                    and abs(value - last_value_seen) > {limits.RANGE_BY_REACH!r} * last_reach + {_EPSILON!r}
                    then {_number("last_value_seen")} || ' to ' || {_number("value")}
            end as jumped,
            case
                when
                    is_other_than_before
                    and abs(value - value_before) > coalesce(reach, 0) + {_EPSILON!r}
                    then {_number("value_before")} || ' to ' || {_number("value")}
            end as restated
        from compared
    """
    rules = (
        nothing_in(
            "no_unexplained_jump",
            "No newest point lies further from the one before it than process limits and row counts explain",
            "jumped",
            severity="warning",
        ),
        nothing_in(
            "no_unexplained_restatement",
            "No published point has moved since by more than process limits and row counts explain",
            "restated",
            severity="warning",
        ),
    )
    return Subject("scorecard_movements", query, rules, "point", "points")


def _number(column: str) -> str:
    """A number as text, to three places."""
    return f"cast(round({column} * 1000) / 1000 as text)"


def _unexplained(value: str, n: str, low: str, high: str) -> str:
    """Whether rows alone would not make `value` of the point's value: the intervals do not meet.

    A census has no interval: there the change is greater than the share of rows that came or went. A median
    of too few rows has none either, and proves nothing.
    """
    return f"""
                    case
                        when followed.interval_low is not null and {low} is not null
                            then followed.interval_low > {high} or followed.interval_high < {low}
                        when followed.statistic = 'census'
                            then
                                abs(followed.value - {value})
                                > abs(followed.n - {n}) * 1.0 / nullif(greatest(followed.n, {n}), 0)
                        else false
                    end"""
