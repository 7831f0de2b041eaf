with

chart_points as (

    select * from {{ ref('stat_chart_points') }}

),

kpis as (

    select * from {{ ref('kpis') }}

),

charts as (

    select
        kpi,
        scope_type,
        scope_id,
        last_month_on,
        count(*) as points,
        avg(value) as middle,
        avg(moving_range) as mean_moving_range,
        {{ percentile('n', 0.5) }} as median_n
    from chart_points
    group by
        kpi,
        scope_type,
        scope_id,
        last_month_on

),

limits as (

    select
        charts.*,
        2.66 * mean_moving_range as reach
    from charts

),

-- Equal within 1e-9 is neither outside nor on a side; side is +1 above and -1 below the middle.
placed as (

    select
        chart_points.kpi,
        chart_points.scope_type,
        chart_points.scope_id,
        chart_points.last_month_on,
        chart_points.point_recency,
        case
            when chart_points.value > limits.middle + 1e-9 then 1
            when chart_points.value < limits.middle - 1e-9 then -1
            else 0
        end as side,
        abs(chart_points.value - limits.middle) > limits.reach + 1e-9 as is_outside,
        -- Nearer to the limit than to the middle: |x - limit| < |x - middle|.
        abs(abs(chart_points.value - limits.middle) - limits.reach)
        < abs(chart_points.value - limits.middle) - 1e-9 as is_near_limit
    from chart_points
    inner join limits
        on
            chart_points.kpi = limits.kpi
            and chart_points.scope_type = limits.scope_type
            and chart_points.scope_id = limits.scope_id
            and chart_points.last_month_on = limits.last_month_on
    where chart_points.point_recency <= 8

),

-- Only a signal that includes the last point is one of now.
found as (

    select
        kpi,
        scope_type,
        scope_id,
        last_month_on,
        sum(case when point_recency = 1 then side end) as last_side,
        {{ any_true('point_recency = 1 and is_outside') }} as is_last_outside,
        {{ any_true('point_recency = 1 and is_near_limit') }} as is_last_near,
        abs(sum(side)) as side_run,
        count(case when point_recency <= 4 and is_near_limit and side = 1 then 1 end) as near_high,
        count(case when point_recency <= 4 and is_near_limit and side = -1 then 1 end) as near_low
    from placed
    group by
        kpi,
        scope_type,
        scope_id,
        last_month_on

),

judged as (

    select
        limits.*,
        kpis.better,
        found.last_side,
        case
            when kpis.statistic = 'census' then 'drifting_stock'
            when limits.points < 12 then 'too_few_points'
            when coalesce(limits.mean_moving_range, 0) <= 1e-9 then 'no_variation'
            when limits.median_n < case when kpis.statistic = 'share' then 20 else 10 end then 'small_n'
            when found.is_last_outside then 'outside_limits'
            when found.side_run = 8 then 'eight_on_one_side'
            when
                found.is_last_near
                and case when found.last_side = 1 then found.near_high else found.near_low end >= 3
                then 'three_of_four_near_limit'
            else 'within_limits'
        end as signal_reason
    from limits
    inner join kpis
        on limits.kpi = kpis.kpi
    inner join found
        on
            limits.kpi = found.kpi
            and limits.scope_type = found.scope_type
            and limits.scope_id = found.scope_id
            and limits.last_month_on = found.last_month_on

),

final as (

    select
        kpi,
        scope_type,
        scope_id,
        last_month_on,

        case
            when signal_reason = 'too_few_points' then null
            when signal_reason in ('drifting_stock', 'no_variation', 'small_n', 'within_limits') then 'none'
            when (last_side = 1) = (better = 'higher') then 'improving'
            else 'worsening'
        end as signal, -- noqa: RF04
        signal_reason,

        points as chart_points,
        case when points >= 8 then middle end as chart_middle,
        case when points >= 8 then middle - reach end as chart_low,
        case when points >= 8 then middle + reach end as chart_high,

        points >= 8 as is_signal_drawn

    from judged

)

select * from final
