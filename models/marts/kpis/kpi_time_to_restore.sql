with

incidents as (

    select * from {{ ref('int_incidents') }}

),

roots as (

    select * from {{ ref('int_incident_roots') }}

),

episodes as (

    select * from {{ ref('int_incident_episodes') }}

),

episode_deployments as (

    select * from {{ ref('int_episode_deployments') }}

),

services as (

    select * from {{ ref('int_services') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

episode_rows as (

    select
        episodes.episode_id,
        episodes.service_id,
        episode_deployments.deployment_id as blamed_deployment_id,
        episodes.title,
        episodes.url,
        case
            when episodes.duration_seconds < 0 then 'negative_duration'
            when episodes.is_transient then 'transient'
        end as excluded_because,
        episodes.incident_count,
        episodes.duration_seconds as restore_seconds,
        episodes.started_at,
        episodes.ended_at as restored_at
    from episodes
    left join episode_deployments
        on episodes.episode_id = episode_deployments.episode_id

),

-- What never became an episode is shown with its reason.
left_out as (

    select
        incidents.incident_id as episode_id,
        incidents.service_id,
        cast(null as {{ raw_type('text') }}) as blamed_deployment_id,
        incidents.title,
        incidents.url,
        case when roots.is_duplicate then 'duplicate' else incidents.excluded_because end as excluded_because,
        1 as incident_count,
        {{ seconds_between('incidents.started_at', 'incidents.ended_at') }} as restore_seconds,
        incidents.started_at,
        incidents.ended_at as restored_at
    from incidents
    inner join roots
        on incidents.incident_id = roots.incident_id
    where
        roots.is_duplicate
        or incidents.excluded_because is not null

),

united as (

    select * from episode_rows

    union all

    select * from left_out

),

final as (

    select
        united.episode_id,
        services.team_id,
        united.service_id,
        united.blamed_deployment_id,

        coalesce(masked_texts.masked_text, united.title) as title,
        united.url,
        united.excluded_because,

        united.incident_count,
        united.restore_seconds,

        united.excluded_because is null as is_counted,
        united.excluded_because is null and united.restored_at is null as is_open,
        united.blamed_deployment_id is not null as is_deployment_blamed,

        united.started_at,
        united.restored_at

    from united
    left join services
        on united.service_id = services.service_id
    left join masked_texts
        on united.title = masked_texts.shown_text

)

select * from final
