with

episode_incidents as (

    select * from {{ ref('int_episode_incidents') }}

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

episodes as (

    select
        episode_incidents.episode_id,
        min(episode_incidents.service_id) as service_id,
        count(*) as incident_count,
        min(episode_incidents.started_at) as started_at,
        case
            when count(*) = count(episode_incidents.ended_at) then max(episode_incidents.ended_at)
        end as ended_at,
        {{ every_true('incidents.is_resolved_by_itself') }} as is_resolved_by_itself
    from episode_incidents
    inner join incidents
        on episode_incidents.incident_id = incidents.incident_id
    group by episode_incidents.episode_id

),

final as (

    select
        episodes.episode_id,
        episodes.service_id,

        first_incidents.title,
        first_incidents.url,

        episodes.incident_count,
        {{ seconds_between('episodes.started_at', 'episodes.ended_at') }} as duration_seconds,

        coalesce(
            episodes.is_resolved_by_itself
            and {{ seconds_between('episodes.started_at', 'episodes.ended_at') }}
            between 0 and {{ var('transient_minutes') }} * 60,
            false
        ) as is_transient,

        episodes.started_at,
        episodes.ended_at

    from episodes
    inner join incidents as first_incidents
        on episodes.episode_id = first_incidents.incident_id

)

select * from final
