with

episode_deployments as (

    select * from {{ ref('int_episode_deployments') }}

),

episodes as (

    select * from {{ ref('int_incident_episodes') }}

),

deployment_reverts as (

    select * from {{ ref('int_deployment_reverts') }}

),

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

-- A fix may name several changes of one deployment; the stronger of its words stands.
fixes as (

    select
        deployment_id,
        pull_request_id,
        max(link_method) as link_method,
        max(confidence) as confidence
    from deployment_reverts
    group by deployment_id, pull_request_id

),

united as (

    select
        episode_deployments.deployment_id,
        episode_deployments.episode_id as evidence_id,
        case
            when episode_deployments.confidence = 'explicit' then 'incident' else 'incident_in_window'
        end as failure_method,
        episode_deployments.confidence,
        episodes.title,
        episodes.url,
        episodes.started_at as happened_at
    from episode_deployments
    left join episodes
        on episode_deployments.episode_id = episodes.episode_id

    union all

    select
        fixes.deployment_id,
        fixes.pull_request_id as evidence_id,
        fixes.link_method as failure_method,
        fixes.confidence,
        pull_requests.title,
        pull_requests.url,
        pull_requests.merged_at as happened_at
    from fixes
    left join pull_requests
        on fixes.pull_request_id = pull_requests.pull_request_id

    union all

    -- Putting back an earlier commit says that what it replaced had failed.
    select
        replaced_deployment_id as deployment_id,
        deployment_id as evidence_id,
        'rollback' as failure_method,
        'inferred' as confidence,
        environment || ' ' || substring(sha, 1, 7) as title,
        url,
        started_at as happened_at
    from deployments
    where is_rollback

),

final as (

    select
        deployment_id || '|' || evidence_id as deployment_failure_evidence_id,
        deployment_id,
        evidence_id,

        failure_method,
        confidence,
        title,
        url,

        happened_at

    from united

)

select * from final
