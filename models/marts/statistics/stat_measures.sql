{%- set grid_join = "
        on
            grid.kpi = {0}.kpi
            and grid.period_id = {0}.period_id
            and grid.scope_type = {0}.scope_type
            and grid.scope_id = {0}.scope_id" -%}
with

kpis as (

    select * from {{ ref('kpis') }}

),

periods as (

    select * from {{ ref('stat_periods') }}

),

scopes as (

    select * from {{ ref('stat_scopes') }}

),

pooled_counts as (

    select * from {{ ref('stat_pooled_counts') }}

),

shares as (

    select * from {{ ref('stat_shares') }}

),

durations as (

    select * from {{ ref('stat_durations') }}

),

open_items as (

    select * from {{ ref('stat_open_items') }}

),

survival as (

    select * from {{ ref('stat_survival') }}

),

grid as (

    select
        kpis.kpi,
        kpis.statistic,
        kpis.seconds_per_unit,
        periods.period_id,
        periods.last_month_on,
        scopes.scope_type,
        scopes.scope_id
    from kpis
    inner join periods
        on periods.period_grain in (kpis.base_grain, kpis.headline_grain)
    inner join scopes
        on kpis.kpi = scopes.kpi

),

final as (

    select
        grid.kpi,
        grid.period_id,
        grid.scope_type,
        grid.scope_id,

        case when grid.statistic <> 'median' then coalesce(shares.numerator, 0) end as numerator,
        case when grid.statistic <> 'median' then coalesce(shares.denominator, 0) end as denominator,
        case
            when grid.statistic = 'median' then coalesce(durations.measured_count, 0)
            else coalesce(shares.denominator, 0)
        end as n,
        coalesce(pooled_counts.no_count, 0) as no_count,
        coalesce(pooled_counts.unknown_count, 0) as unknown_count,
        coalesce(pooled_counts.immature_count, 0) as immature_count,
        coalesce(pooled_counts.excluded_count, 0) as excluded_count,
        coalesce(pooled_counts.inferred_count, 0) as inferred_count,
        case when grid.statistic = 'median' then coalesce(open_items.open_count, 0) end as open_count,
        case
            when grid.statistic = 'median' then coalesce(durations.measured_count, 0)
            else coalesce(shares.known_count, 0)
        end as known_count,
        case
            when grid.statistic = 'median'
                then coalesce(durations.measured_count, 0) + coalesce(pooled_counts.unknown_count, 0)
            else coalesce(shares.all_count, 0)
        end as all_count,

        case
            when grid.statistic = 'median' then {{ divide('durations.median_seconds', 'grid.seconds_per_unit') }}
            else shares.pooled_share
        end as measured_value,
        {{ divide('durations.p85_seconds', 'grid.seconds_per_unit') }} as p85,
        coalesce(
            {{ divide('durations.interval_low_seconds', 'grid.seconds_per_unit') }}, shares.interval_low
        ) as interval_low,
        coalesce(
            {{ divide('durations.interval_high_seconds', 'grid.seconds_per_unit') }}, shares.interval_high
        ) as interval_high,
        coalesce(
            {{ divide('durations.interval_low_seconds', 'grid.seconds_per_unit') }}, shares.test_low
        ) as test_low,
        coalesce(
            {{ divide('durations.interval_high_seconds', 'grid.seconds_per_unit') }}, shares.test_high
        ) as test_high,
        shares.bound_low,
        shares.bound_high,
        shares.explicit_only_value,
        open_items.open_oldest_seconds,
        {{ divide('survival.survival_median_seconds', 'grid.seconds_per_unit') }} as survival_median,
        survival.survival_reason,

        coalesce(pooled_counts.is_service_level, false) as is_service_level

    from grid
    left join pooled_counts{{ grid_join.format('pooled_counts') }}
    left join shares{{ grid_join.format('shares') }}
    left join durations{{ grid_join.format('durations') }}
    left join survival{{ grid_join.format('survival') }}
    left join open_items
        on
            grid.kpi = open_items.kpi
            and grid.last_month_on = open_items.last_month_on
            and grid.scope_type = open_items.scope_type
            and grid.scope_id = open_items.scope_id
            and grid.statistic = 'median'

)

select * from final
