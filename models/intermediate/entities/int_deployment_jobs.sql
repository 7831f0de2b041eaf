with

jobs as (

    select * from {{ ref('int_tool_deployment_jobs') }}

),

production_environments as (

    select * from {{ ref('production_environments') }}

),

services as (

    select * from {{ ref('int_services') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- Nothing after as_of is read: a later report has not been made yet.
known as (

    select
        jobs.deployment_job_id,
        jobs.repository,
        jobs.sha,
        jobs.native_id,
        jobs.environment,
        jobs.url,
        jobs.created_at,
        case when jobs.in_progress_at <= as_of.as_of then jobs.in_progress_at end as in_progress_at,
        case when jobs.succeeded_at <= as_of.as_of then jobs.succeeded_at end as succeeded_at
    from jobs
    cross join as_of
    where jobs.created_at <= as_of.as_of

),

production as (

    select distinct known.deployment_job_id
    from known
    inner join production_environments
        on {{ dictionary_match(
            'lower(known.environment)', 'production_environments.environment', 'production_environments.match_kind'
        ) }}

),

candidates as (

    select
        known.deployment_job_id,
        services.service_id,
        services.deployment_environment is not null as is_named,
        {{ any_true('services.deployment_environment is not null') }} over (
            partition by known.deployment_job_id
        ) as is_named_by_any
    from known
    inner join services
        on
            known.repository = services.repository
            and lower(known.environment) = coalesce(services.deployment_environment, lower(known.environment))

),

-- A service takes the deployments of the environment that it names; those that none names go to every service of the
-- repository without an environment of its own.
job_services as (

    select
        deployment_job_id,
        service_id
    from candidates
    where is_named = is_named_by_any

),

final as (

    select
        known.deployment_job_id || ':' || coalesce(job_services.service_id, 'no_service') as deployment_job_service_id,
        known.deployment_job_id,
        job_services.service_id,
        known.repository,
        known.sha,

        known.native_id,
        known.environment,
        known.url,

        production.deployment_job_id is not null as is_production,
        known.succeeded_at is not null as is_successful,

        coalesce(known.in_progress_at, known.created_at) as started_at,
        known.succeeded_at as finished_at

    from known
    left join job_services
        on known.deployment_job_id = job_services.deployment_job_id
    left join production
        on known.deployment_job_id = production.deployment_job_id

)

select * from final
