with

outcome_linked_work as (

    select * from {{ ref('kpi_outcome_linked_work') }}

),

roadmap_promises as (

    select * from {{ ref('kpi_roadmap_accuracy') }}

),

work_observations as (

    select
        'outcome_linked_work:' || work_id as observation_id,
        'outcome_linked_work' as kpi,
        work_type as subject_type,
        work_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        service_id,

        started_at,
        completed_at as ended_at,
        completed_at as occurred_at,
        {{ local_date('completed_at') }} as occurred_on,

        verdict,
        link_method as method,

        is_immature,
        is_inferred,
        is_counted,
        excluded_because,

        outcome_type,
        outcome_id,
        is_keeping_the_lights_on,
        cast(null as integer) as slip_days
    from outcome_linked_work

),

promise_observations as (

    select
        'roadmap_accuracy:' || roadmap_promise_id as observation_id,
        'roadmap_accuracy' as kpi,
        'roadmap_item' as subject_type,
        roadmap_item_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        cast(null as {{ raw_type('text') }}) as service_id,

        cast(null as timestamp) as started_at,
        coalesce(delivered_at, {{ to_utc('delivered_on') }}) as ended_at,
        {{ to_utc('quarter_end_on') }} as occurred_at,
        quarter_end_on as occurred_on,

        verdict,
        miss_reason as method,

        is_immature,
        is_inferred,
        is_counted,
        excluded_because,

        cast(null as {{ raw_type('text') }}) as outcome_type,
        cast(null as {{ raw_type('text') }}) as outcome_id,
        cast(null as boolean) as is_keeping_the_lights_on,
        slip_days
    from roadmap_promises

),

united as (

    select * from work_observations

    union all

    select * from promise_observations

),

final as (

    select
        observation_id,
        kpi,
        'roadmap_alignment' as accountability,
        subject_type,
        subject_id,
        subject_title,
        subject_url,
        team_id,
        service_id,

        started_at,
        cast(null as timestamp) as open_from_at,
        ended_at,
        occurred_at,
        occurred_on,

        verdict,
        cast(null as {{ raw_type('double precision') }}) as duration_seconds,
        method,

        false as is_open,
        is_immature,
        is_inferred,
        is_counted,
        excluded_because,

        outcome_type,
        outcome_id,
        is_keeping_the_lights_on,
        slip_days

    from united

)

select * from final
