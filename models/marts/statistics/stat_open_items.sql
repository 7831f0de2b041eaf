with

observations as (

    select * from {{ ref('stat_observations') }}
    where can_be_open

),

periods as (

    select * from {{ ref('stat_periods') }}

),

-- Every period of a duration ends with a month, so what is open is counted once a month end.
month_ends as (

    select
        last_month_on,
        period_end_at
    from periods
    where period_grain in ('month', 'trailing_3_months')
    group by
        last_month_on,
        period_end_at

),

open_observations as (

    select
        observations.kpi,
        observations.team_id,
        observations.service_id,
        observations.started_at,
        month_ends.last_month_on,
        month_ends.period_end_at
    from observations
    inner join month_ends
        on
            observations.open_from_at < month_ends.period_end_at
            and coalesce(observations.ended_at, cast('9999-12-31' as timestamp)) >= month_ends.period_end_at

),

scoped as (

    {{ by_scope('open_observations') }}

),

final as (

    select
        kpi,
        last_month_on,
        scope_type,
        scope_id,

        count(*) as open_count,
        max({{ seconds_between('started_at', 'period_end_at') }}) as open_oldest_seconds

    from scoped
    group by
        kpi,
        last_month_on,
        scope_type,
        scope_id

)

select * from final
