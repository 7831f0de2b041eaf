with

observations as (

    select * from {{ ref('stat_observations') }}
    where is_measured or can_be_open

),

periods as (

    select * from {{ ref('stat_periods') }}
    where period_grain in ('month', 'trailing_3_months')

),

durations as (

    select * from {{ ref('stat_durations') }}

),

open_items as (

    select * from {{ ref('stat_open_items') }}

),

-- Only where more than a tenth is open does the observed median mislead enough to need the other beside it.
needed as (

    select
        open_items.kpi,
        periods.period_id,
        open_items.scope_type,
        open_items.scope_id,
        periods.period_start_at,
        periods.period_end_at
    from open_items
    inner join periods
        on open_items.last_month_on = periods.last_month_on
    left join durations
        on
            open_items.kpi = durations.kpi
            and periods.period_id = durations.period_id
            and open_items.scope_type = durations.scope_type
            and open_items.scope_id = durations.scope_id
    where 10 * open_items.open_count > open_items.open_count + coalesce(durations.measured_count, 0)

),

scoped as (

    {{ by_scope('observations') }}

),

at_risk as (

    select
        needed.kpi,
        needed.period_id,
        needed.scope_type,
        needed.scope_id,
        scoped.observation_id,
        scoped.is_measured and scoped.ended_at < needed.period_end_at as is_finished,
        {{ seconds_between('scoped.started_at', 'needed.period_start_at') }} as age_at_start_seconds,
        {{ seconds_between('scoped.started_at', 'needed.period_end_at') }} as age_at_end_seconds,
        scoped.duration_seconds
    from needed
    inner join scoped
        on
            needed.kpi = scoped.kpi
            and needed.scope_type = scoped.scope_type
            and needed.scope_id = scoped.scope_id
            and (
                (
                    scoped.is_measured
                    and needed.period_start_at <= scoped.ended_at
                    and needed.period_end_at > scoped.ended_at
                )
                or (
                    scoped.can_be_open
                    and needed.period_end_at > scoped.open_from_at
                    and (scoped.ended_at is null or needed.period_end_at <= scoped.ended_at)
                )
            )

),

final as (

    select
        kpi,
        period_id,
        scope_type,
        scope_id,
        observation_id,

        case when age_at_start_seconds > 0 then age_at_start_seconds else 0 end as entry_seconds,
        case when is_finished then duration_seconds else age_at_end_seconds end as exit_seconds,

        is_finished

    from at_risk

)

select * from final
