-- A successful production job belongs to exactly one deployment of each service that it deployed, and to one of that
-- service and commit.
with

jobs as (

    select * from {{ ref('int_deployment_jobs') }}
    where is_production and is_successful

),

job_deployments as (

    select * from {{ ref('int_deployment_job_deployments') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

final as (

    select
        jobs.deployment_job_id,
        jobs.service_id,
        count(deployments.deployment_id) as deployment_count
    from jobs
    left join job_deployments
        on jobs.deployment_job_service_id = job_deployments.deployment_job_service_id
    left join deployments
        on
            job_deployments.deployment_id = deployments.deployment_id
            and coalesce(jobs.service_id, '') = coalesce(deployments.service_id, '')
            and jobs.repository = deployments.repository
            and jobs.sha = deployments.sha
    group by jobs.deployment_job_id, jobs.service_id
    having count(deployments.deployment_id) <> 1

)

select * from final
