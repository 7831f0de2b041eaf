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

final as (

    select
        observations.observation_id,
        observations.kpi,
        observations.team_id,
        observations.service_id,

        {{ seconds_between('observations.started_at', 'month_ends.period_end_at') }} as open_age_seconds,

        month_ends.last_month_on

    from observations
    inner join month_ends
        on
            observations.open_from_at < month_ends.period_end_at
            and coalesce(observations.ended_at, cast('9999-12-31' as timestamp)) >= month_ends.period_end_at

)

select * from final
