with

named_changes as (

    select * from {{ ref('int_pull_request_named_changes') }}

),

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

),

pull_request_services as (

    select * from {{ ref('int_pull_request_services') }}

),

pull_request_deployments as (

    select * from {{ ref('int_pull_request_deployments') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

jobs as (

    select * from {{ ref('int_deployment_jobs') }}

),

job_deployments as (

    select * from {{ ref('int_deployment_job_deployments') }}

),

fixes as (

    select
        pull_request_id,
        repository,
        lower(coalesce(title, '') || ' ' || coalesce(body, '')) as wording,
        case when is_revert then 'revert' else 'hotfix' end as naming_kind,
        is_revert,
        is_hotfix,
        merged_at
    from pull_requests
    where
        merged_at is not null
        and (is_revert or is_hotfix)

),

mentioned_deployments as (

    {{ all_matches('fixes', 'wording', 'deployment #?([0-9]+)') }}

),

-- The named change's deployment in its own service, and the fix's first deployment in that same service. What was
-- merged before the first known deployment may have shipped long before it, so nothing can be blamed for it.
paired_by_change as (

    select
        named_changes.pull_request_id,
        named_changes.named_pull_request_id,
        named_changes.naming_kind,
        changed.deployment_id,
        fixed.deployment_id as fix_deployment_id,
        changed.deployment_number,
        fixed.deployment_number as fix_deployment_number,
        fixes.is_revert,
        fixes.is_hotfix,
        fixes.merged_at as fix_merged_at,
        fixed.deployed_at as fix_deployed_at,
        deployments.finished_at
    from named_changes
    inner join pull_request_services
        on named_changes.named_pull_request_id = pull_request_services.pull_request_id
    inner join pull_request_deployments as changed
        on
            named_changes.named_pull_request_id = changed.pull_request_id
            and pull_request_services.service_id = changed.service_id
    inner join pull_request_deployments as fixed
        on
            named_changes.pull_request_id = fixed.pull_request_id
            and pull_request_services.service_id = fixed.service_id
    inner join fixes
        on named_changes.pull_request_id = fixes.pull_request_id
    inner join deployments
        on changed.deployment_id = deployments.deployment_id
    where not changed.is_before_first_known_deployment

),

-- A fix may name the deployment itself, by the number of one of its jobs.
paired_by_deployment as (

    select distinct
        mentioned_deployments.pull_request_id,
        cast(null as {{ raw_type('text') }}) as named_pull_request_id,
        mentioned_deployments.naming_kind,
        deployments.deployment_id,
        fixed.deployment_id as fix_deployment_id,
        deployments.deployment_number,
        fixed.deployment_number as fix_deployment_number,
        mentioned_deployments.is_revert,
        mentioned_deployments.is_hotfix,
        mentioned_deployments.merged_at as fix_merged_at,
        fixed.deployed_at as fix_deployed_at,
        deployments.finished_at
    from mentioned_deployments
    inner join jobs
        on
            mentioned_deployments.repository = jobs.repository
            and mentioned_deployments.matched = jobs.native_id
    inner join job_deployments
        on jobs.deployment_job_service_id = job_deployments.deployment_job_service_id
    inner join deployments
        on job_deployments.deployment_id = deployments.deployment_id
    inner join pull_request_deployments as fixed
        on
            mentioned_deployments.pull_request_id = fixed.pull_request_id
            and deployments.service_id = fixed.service_id

),

paired as (

    select * from paired_by_change

    union all

    select * from paired_by_deployment

),

final as (

    select
        deployment_id || ':' || pull_request_id
        || ':' || coalesce(named_pull_request_id, 'deployment') as deployment_revert_id,
        deployment_id,
        fix_deployment_id,
        pull_request_id,
        named_pull_request_id,

        naming_kind as link_method,
        'explicit' as confidence,

        fix_deployed_at as linked_at

    from paired
    where
        -- A hotfix is later when it was merged later, whether or not it has shipped; only a revert has a limit.
        (is_hotfix and fix_merged_at > finished_at)
        or (
            is_revert
            and fix_deployment_number > deployment_number
            and {{ seconds_between('finished_at', 'fix_merged_at') }} <= {{ var('revert_window_days') }} * 86400
        )

)

select * from final
