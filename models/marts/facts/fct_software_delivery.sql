with

lead_times as (

    select * from {{ ref('kpi_lead_time') }}

),

delivery_predictability as (

    select * from {{ ref('kpi_delivery_predictability') }}

),

change_observations as (

    select
        'lead_time:' || pull_request_id as observation_id,
        'lead_time' as kpi,
        'pull_request' as subject_type,
        pull_request_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        service_id,
        started_at,
        case when is_counted and verdict is null then merged_at end as open_from_at,
        deployed_at as ended_at,
        occurred_at,
        verdict,
        case when is_counted then lead_seconds end as duration_seconds,
        link_method as method,
        is_open,
        false as is_immature,
        is_inferred,
        is_counted,
        excluded_because,
        coding_seconds,
        pickup_seconds,
        review_seconds,
        deploy_seconds,
        cast(null as {{ raw_type('text') }}) as sprint_id,
        cast(null as {{ raw_type('text') }}) as missed_because,
        false as is_added,
        false as is_done_at_close,
        false as is_carried_over
    from lead_times

),

item_observations as (

    select
        'delivery_predictability:' || delivery_predictability_id as observation_id,
        'delivery_predictability' as kpi,
        'issue' as subject_type,
        issue_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        cast(null as {{ raw_type('text') }}) as service_id,
        started_at,
        cast(null as timestamp) as open_from_at,
        ended_at,
        occurred_at,
        verdict,
        cast(null as {{ raw_type('double precision') }}) as duration_seconds,
        measure as method,
        false as is_open,
        is_immature,
        is_inferred,
        is_counted,
        excluded_because,
        cast(null as {{ raw_type('double precision') }}) as coding_seconds,
        cast(null as {{ raw_type('double precision') }}) as pickup_seconds,
        cast(null as {{ raw_type('double precision') }}) as review_seconds,
        cast(null as {{ raw_type('double precision') }}) as deploy_seconds,
        sprint_id,
        missed_because,
        is_added,
        is_done_at_close,
        is_carried_over
    from delivery_predictability

),

observations as (

    select * from change_observations

    union all

    select * from item_observations

),

final as (

    select
        observation_id,
        kpi,
        'software_delivery' as accountability,
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

        coding_seconds,
        pickup_seconds,
        review_seconds,
        deploy_seconds,

        sprint_id,
        missed_because,
        is_added,
        is_done_at_close,
        is_carried_over

    from observations

)

select * from final
