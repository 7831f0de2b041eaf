with

observations as (

    select * from {{ ref('stat_observations') }}

),

final as (

    select
        kpi,
        month_on,
        team_id,
        service_id,
        is_service_level,
        count(case when role = 'counted' and verdict = 'yes' then 1 end) as yes_count,
        count(case when role = 'counted' and verdict = 'no' then 1 end) as no_count,
        count(case when role = 'counted' and verdict = 'yes' and not is_inferred then 1 end) as yes_explicit_count,
        count(case when is_doubtful then 1 end) as doubtful_count,
        count(case when is_measured then 1 end) as measured_count,
        count(case when role = 'unknown' then 1 end) as unknown_count,
        count(case when role = 'counted' and is_inferred then 1 end) as inferred_count,
        count(case when role = 'immature' then 1 end) as immature_count,
        count(case when role = 'left_out' then 1 end) as excluded_count,
        count(case when coalesce(excluded_because, '') <> 'no_baseline' then 1 end) as baselined_count
    from observations
    where month_on is not null
    group by
        kpi,
        month_on,
        team_id,
        service_id,
        is_service_level

)

select * from final
