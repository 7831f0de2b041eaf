with

stat_values as (

    select * from {{ ref('stat_values') }}
    where value is not null

),

kpis as (

    select * from {{ ref('kpis') }}

),

periods as (

    select * from {{ ref('stat_periods') }}
    where is_shown

),

points as (

    select
        stat_values.kpi,
        stat_values.scope_type,
        stat_values.scope_id,
        periods.period_grain,
        periods.recency,
        stat_values.value,
        stat_values.n
    from stat_values
    inner join kpis
        on stat_values.kpi = kpis.kpi
    inner join periods
        on
            stat_values.period_id = periods.period_id
            and kpis.base_grain = periods.period_grain

),

-- A chart ends with each period in turn and looks back at 24, those without a number skipped.
charted as (

    select
        points.kpi,
        points.scope_type,
        points.scope_id,
        periods.last_month_on,
        points.value,
        points.n,
        row_number() over (
            partition by points.kpi, points.scope_type, points.scope_id, periods.last_month_on
            order by points.recency
        ) as point_recency,
        lead(points.value) over (
            partition by points.kpi, points.scope_type, points.scope_id, periods.last_month_on
            order by points.recency
        ) as value_before
    from points
    inner join periods
        on
            points.period_grain = periods.period_grain
            and points.recency between periods.recency and periods.recency + 23

),

final as (

    select
        kpi,
        scope_type,
        scope_id,
        last_month_on,

        value,
        n,
        point_recency,
        abs(value - value_before) as moving_range

    from charted

)

select * from final
