-- A job in a service is part of a successful production deployment, or it is shown with the reason why it is none;
-- never both, never neither.
with

jobs as (

    select * from {{ ref('int_deployment_jobs') }}

),

job_deployments as (

    select * from {{ ref('int_deployment_job_deployments') }}

),

change_failures as (

    select * from {{ ref('kpi_change_failure_rate') }}

),

found as (

    select
        jobs.deployment_job_service_id,
        count(deployed.deployment_id) as deployed_count,
        count(left_out.deployment_id) as left_out_count
    from jobs
    left join job_deployments
        on jobs.deployment_job_service_id = job_deployments.deployment_job_service_id
    left join change_failures as deployed
        on job_deployments.deployment_id = deployed.deployment_id
    left join change_failures as left_out
        on
            jobs.deployment_job_service_id = left_out.deployment_id
            and left_out.excluded_because in ('pipeline_failed', 'non_production')
    group by jobs.deployment_job_service_id

),

final as (

    select * from found
    where deployed_count + left_out_count <> 1

)

select * from final
