with

cycle_times as (

    select * from {{ ref('kpi_cycle_time') }}

),

key_person_concentration as (

    select * from {{ ref('kpi_key_person_concentration') }}

),

issue_observations as (

    select
        'cycle_time:' || issue_id as observation_id,
        'cycle_time' as kpi,
        'issue' as subject_type,
        issue_id as subject_id,
        title as subject_title,
        url as subject_url,
        team_id,
        cast(null as {{ raw_type('text') }}) as service_id,
        started_at,
        open_from_at,
        finished_at as ended_at,
        finished_at as occurred_at,
        {{ local_date('finished_at') }} as occurred_on,
        verdict,
        case when is_counted then cycle_seconds end as duration_seconds,
        'status_history' as method,
        is_open,
        false as is_immature,
        is_inferred,
        is_counted,
        excluded_because,
        case when verdict = 'unknown' then 'start_unknown' end as unknown_because,
        cast(null as bigint) as author_count,
        cast(null as bigint) as current_author_count,
        cast(null as bigint) as service_truck_factor,
        cast(null as bigint) as service_contributor_absence_factor
    from cycle_times

),

file_observations as (

    select
        observation_id,
        'key_person_concentration' as kpi,
        'file' as subject_type,
        'git:' || repository || ':' || path as subject_id,
        path as subject_title,
        url as subject_url,
        team_id,
        service_id,
        created_at as started_at,
        cast(null as timestamp) as open_from_at,
        cast(null as timestamp) as ended_at,
        -- The last second of the month, so that instant and day name the same month.
        {{ add_seconds('month_ends_at', -1) }} as occurred_at,
        month_end_on as occurred_on,
        verdict,
        cast(null as {{ raw_type('double precision') }}) as duration_seconds,
        'degree_of_authorship' as method,
        false as is_open,
        false as is_immature,
        false as is_inferred,
        is_counted,
        excluded_because,
        unknown_because,
        author_count,
        current_author_count,
        service_truck_factor,
        service_contributor_absence_factor
    from key_person_concentration

),

observations as (

    select * from issue_observations

    union all

    select * from file_observations

),

final as (

    select
        observation_id,
        kpi,
        'team_performance' as accountability,
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
        occurred_on,

        verdict,
        duration_seconds,
        method,

        is_open,
        is_immature,
        is_inferred,
        is_counted,
        excluded_because,

        unknown_because,
        author_count,
        current_author_count,
        service_truck_factor,
        service_contributor_absence_factor

    from observations

)

select * from final
