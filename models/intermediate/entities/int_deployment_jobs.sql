with

jobs as (

    select * from {{ ref('stg_github__deployments') }}

),

statuses as (

    select * from {{ ref('stg_github__deployment_statuses') }}

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

reported as (

    select
        statuses.deployment_job_id,
        min(case when statuses.deployment_state = 'in_progress' then statuses.reported_at end) as in_progress_at,
        min(case when statuses.deployment_state = 'success' then statuses.reported_at end) as succeeded_at
    from statuses
    cross join as_of
    where statuses.reported_at <= as_of.as_of
    group by statuses.deployment_job_id

),

production as (

    select distinct jobs.deployment_job_id
    from jobs
    inner join production_environments
        on {{ dictionary_match(
            'lower(jobs.environment)', 'production_environments.environment', 'production_environments.match_kind'
        ) }}

),

candidates as (

    select
        jobs.deployment_job_id,
        services.service_id,
        services.deployment_environment is not null as is_named,
        {{ any_true('services.deployment_environment is not null') }} over (
            partition by jobs.deployment_job_id
        ) as is_named_by_any
    from jobs
    inner join services
        on
            jobs.repository = services.repository
            and lower(jobs.environment) = coalesce(services.deployment_environment, lower(jobs.environment))

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
        jobs.deployment_job_id || ':' || coalesce(job_services.service_id, 'no_service') as deployment_job_service_id,
        jobs.deployment_job_id,
        job_services.service_id,
        jobs.repository,
        jobs.sha,

        jobs.native_id,
        jobs.environment,
        jobs.url,

        production.deployment_job_id is not null as is_production,
        reported.succeeded_at is not null as is_successful,

        coalesce(reported.in_progress_at, jobs.created_at) as started_at,
        reported.succeeded_at as finished_at

    from jobs
    cross join as_of
    left join job_services
        on jobs.deployment_job_id = job_services.deployment_job_id
    left join reported
        on jobs.deployment_job_id = reported.deployment_job_id
    left join production
        on jobs.deployment_job_id = production.deployment_job_id
    where jobs.created_at <= as_of.as_of

)

select * from final
