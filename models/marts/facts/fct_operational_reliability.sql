with

change_failures as (

    select * from {{ ref('kpi_change_failure_rate') }}

),

restorations as (

    select * from {{ ref('kpi_time_to_restore') }}

),

change_failure_observations as (

    select
        'change_failure_rate:' || deployment_id as observation_id,
        'change_failure_rate' as kpi,
        'deployment' as subject_type,
        deployment_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        service_id,

        started_at,
        cast(null as timestamp) as open_from_at,
        finished_at as ended_at,
        coalesce(finished_at, started_at) as occurred_at,

        verdict,
        cast(null as {{ raw_type('double precision') }}) as duration_seconds,
        failure_method as method,

        false as is_open,
        is_immature,
        is_inferred,
        is_counted,
        excluded_because,

        cast(null as boolean) as is_deployment_blamed
    from change_failures

),

restoration_observations as (

    select
        'time_to_restore:' || episode_id as observation_id,
        'time_to_restore' as kpi,
        'incident_episode' as subject_type,
        episode_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        service_id,

        started_at,
        started_at as open_from_at,
        restored_at as ended_at,
        case when is_counted then restored_at else coalesce(restored_at, started_at) end as occurred_at,

        cast(null as {{ raw_type('text') }}) as verdict,
        case when is_counted then restore_seconds end as duration_seconds,
        cast(null as {{ raw_type('text') }}) as method,

        is_open,
        false as is_immature,
        false as is_inferred,
        is_counted,
        excluded_because,

        is_deployment_blamed
    from restorations

),

united as (

    select * from change_failure_observations

    union all

    select * from restoration_observations

),

final as (

    select
        observation_id,
        kpi,
        'operational_reliability' as accountability,
        subject_type,
        subject_id,
        subject_title,
        subject_url,
        team_id,
        service_id,

        started_at,
        open_from_at,
        ended_at,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_on,

        verdict,
        duration_seconds,
        method,

        is_open,
        is_immature,
        is_inferred,
        is_counted,
        excluded_because,

        is_deployment_blamed

    from united

)

select * from final
