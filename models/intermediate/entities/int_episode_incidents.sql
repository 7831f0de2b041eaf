with

incidents as (

    select * from {{ ref('int_incidents') }}

),

roots as (

    select * from {{ ref('int_incident_roots') }}

),

-- Duplicates are their root; what is left out never joins an episode. Without a service an incident stands alone.
standing as (

    select
        incidents.incident_id,
        incidents.service_id,
        coalesce(incidents.service_id, 'no_service:' || incidents.incident_id) as episode_line,
        incidents.started_at,
        incidents.ended_at,
        least(
            coalesce(incidents.ended_at, {{ add_seconds('incidents.started_at', var('episode_reach_hours') * 3600) }}),
            {{ add_seconds('incidents.started_at', var('episode_reach_hours') * 3600) }}
        ) as reaches_to
    from incidents
    inner join roots
        on incidents.incident_id = roots.incident_id
    where
        not roots.is_duplicate
        and incidents.excluded_because is null

),

reached as (

    select
        *,
        max(reaches_to) over (
            partition by episode_line
            order by started_at, incident_id
            rows between unbounded preceding and 1 preceding
        ) as reached_before
    from standing

),

numbered as (

    select
        *,
        sum(
            case
                when
                    {{ seconds_between('reached_before', 'started_at') }} <= {{ var('episode_gap_minutes') }} * 60
                    then 0
                else 1
            end
        ) over (
            partition by episode_line
            order by started_at, incident_id
            rows between unbounded preceding and current row
        ) as episode_number
    from reached

),

final as (

    select
        incident_id,
        first_value(incident_id) over (
            partition by episode_line, episode_number
            order by started_at, incident_id
        ) as episode_id,
        service_id,
        started_at,
        ended_at
    from numbered

)

select * from final
