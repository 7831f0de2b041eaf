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
        count(case when is_in_number and verdict = 'yes' then 1 end) as yes_count,
        count(case when is_in_number and verdict = 'no' then 1 end) as no_count,
        count(case when is_in_number and verdict = 'yes' and not is_inferred then 1 end) as yes_explicit_count,
        count(
            case when is_in_number and verdict <> 'yes' and subject_type = 'pull_request' then 1 end
        ) as issueless_count,
        count(case when is_measured then 1 end) as measured_count,
        count(
            case when is_in_number and (verdict = 'unknown' or (statistic = 'median' and not is_measured)) then 1 end
        ) as unknown_count,
        count(
            case when is_in_number and is_inferred and (is_measured or verdict in ('yes', 'no')) then 1 end
        ) as inferred_count,
        count(case when is_counted and is_immature then 1 end) as immature_count,
        count(case when not is_counted then 1 end) as excluded_count,
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
