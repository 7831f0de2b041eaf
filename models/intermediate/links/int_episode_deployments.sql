with

episodes as (

    select * from {{ ref('int_incident_episodes') }}
    where not is_transient

),

episode_incidents as (

    select * from {{ ref('int_episode_incidents') }}

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

roots as (

    select * from {{ ref('int_incident_roots') }}

),

jobs as (

    select * from {{ ref('int_deployment_jobs') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

job_deployments as (

    select * from {{ ref('int_deployment_job_deployments') }}

),

-- What a merged duplicate names its root names.
named as (

    select
        episodes.episode_id,
        job_deployments.deployment_id,
        deployments.finished_at,
        row_number() over (
            partition by episodes.episode_id
            order by
                case when deployments.service_id = episodes.service_id then 0 else 1 end,
                deployments.finished_at,
                deployments.deployment_id
        ) as preference
    from episodes
    inner join episode_incidents
        on episodes.episode_id = episode_incidents.episode_id
    inner join roots
        on episode_incidents.incident_id = roots.root_incident_id
    inner join incidents
        on roots.incident_id = incidents.incident_id
    inner join jobs
        on incidents.blamed_native_id = jobs.native_id
    inner join job_deployments
        on jobs.deployment_job_service_id = job_deployments.deployment_job_service_id
    inner join deployments
        on job_deployments.deployment_id = deployments.deployment_id

),

explicit_blames as (

    select
        episode_id,
        deployment_id
    from named
    where preference = 1

),

unnamed_episodes as (

    select episodes.*
    from episodes
    left join explicit_blames
        on episodes.episode_id = explicit_blames.episode_id
    where
        explicit_blames.episode_id is null
        and episodes.service_id is not null

),

-- Of deployments that started at one instant the later one in order stands.
deployment_starts as (

    select
        service_id,
        started_at,
        max(deployment_number) as deployment_number
    from deployments
    where service_id is not null
    group by service_id, started_at

),

latest_starts as (

    {{ as_of_lookup(
        left='unnamed_episodes', left_key='episode_id', left_order='started_at',
        right='deployment_starts', right_order='started_at', partition_by='service_id'
    ) }}

),

-- An episode that follows a rollback, or comes later than the window, blames nothing.
inferred_blames as (

    select
        unnamed_episodes.episode_id,
        deployments.deployment_id
    from unnamed_episodes
    inner join latest_starts
        on unnamed_episodes.episode_id = latest_starts.episode_id
    inner join deployment_starts
        on
            unnamed_episodes.service_id = deployment_starts.service_id
            and latest_starts.matched_order = deployment_starts.started_at
    inner join deployments
        on
            deployment_starts.service_id = deployments.service_id
            and deployment_starts.deployment_number = deployments.deployment_number
    where
        not deployments.is_rollback
        and {{ seconds_between('deployments.started_at', 'unnamed_episodes.started_at') }}
        <= {{ var('change_failure_window_hours') }} * 3600

),

final as (

    select
        episodes.episode_id,
        explicit_blames.deployment_id,
        'explicit' as link_method,
        'explicit' as confidence,
        episodes.started_at as linked_at
    from episodes
    inner join explicit_blames
        on episodes.episode_id = explicit_blames.episode_id

    union all

    select
        episodes.episode_id,
        inferred_blames.deployment_id,
        'time_window' as link_method,
        'inferred' as confidence,
        episodes.started_at as linked_at
    from episodes
    inner join inferred_blames
        on episodes.episode_id = inferred_blames.episode_id

)

select * from final
