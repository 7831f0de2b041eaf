with

defect_escapes as (

    select * from {{ ref('kpi_defect_escape') }}

),

rework as (

    select * from {{ ref('kpi_rework_ratio') }}

),

defect_observations as (

    select
        'defect_escape:' || issue_id as observation_id,
        'defect_escape' as kpi,
        'issue' as subject_type,
        issue_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        cast(null as {{ raw_type('text') }}) as service_id,
        created_at as started_at,
        cast(null as timestamp) as open_from_at,
        created_at as ended_at,
        created_at as occurred_at,
        verdict,
        cast(null as {{ raw_type('double precision') }}) as duration_seconds,
        decided_by as method,
        false as is_open,
        false as is_immature,
        false as is_inferred,
        is_counted,
        excluded_because,
        is_severe
    from defect_escapes

),

rework_observations as (

    select
        'rework_ratio:' || pull_request_id as observation_id,
        'rework_ratio' as kpi,
        'pull_request' as subject_type,
        pull_request_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        service_id,
        first_commit_at as started_at,
        cast(null as timestamp) as open_from_at,
        merged_at as ended_at,
        merged_at as occurred_at,
        verdict,
        cast(null as {{ raw_type('double precision') }}) as duration_seconds,
        rework_reason as method,
        false as is_open,
        false as is_immature,
        false as is_inferred,
        is_counted,
        excluded_because,
        cast(null as boolean) as is_severe
    from rework

),

united as (

    select * from defect_observations

    union all

    select * from rework_observations

),

final as (

    select
        observation_id,
        kpi,
        'technical_quality' as accountability,
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

        is_severe

    from united

)

select * from final
