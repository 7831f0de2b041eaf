with

jobs as (

    select * from {{ ref('int_deployment_jobs') }}

),

job_deployments as (

    select * from {{ ref('int_deployment_job_deployments') }}

),

commits as (

    select * from {{ ref('int_commits') }}

),

deployments as (

    select
        job_deployments.deployment_id,
        job_deployments.production_line,
        job_deployments.deployment_number,
        min(jobs.service_id) as service_id,
        min(jobs.repository) as repository,
        min(jobs.sha) as sha,
        min(jobs.environment) as environment,
        min(jobs.url) as url,
        count(*) as job_count,
        min(jobs.started_at) as started_at,
        min(jobs.finished_at) as finished_at
    from job_deployments
    inner join jobs
        on job_deployments.deployment_job_service_id = jobs.deployment_job_service_id
    group by
        job_deployments.deployment_id,
        job_deployments.production_line,
        job_deployments.deployment_number

),

-- The deployment that brought a commit first.
brought as (

    select
        *,
        min(deployment_number) over (partition by production_line, sha) as brought_number,
        first_value(deployment_id) over (
            partition by production_line, sha
            order by deployment_number
        ) as brought_by_deployment_id
    from deployments

),

sequenced as (

    select
        *,
        deployment_number > brought_number as is_redeployment,
        lag(brought_number) over (
            partition by production_line
            order by deployment_number
        ) as replaced_number,
        lag(brought_by_deployment_id) over (
            partition by production_line
            order by deployment_number
        ) as replaced_deployment_id
    from brought

),

final as (

    select
        sequenced.deployment_id,
        sequenced.service_id,
        sequenced.repository,
        sequenced.sha,
        sequenced.production_line,
        sequenced.replaced_deployment_id,

        sequenced.environment,
        sequenced.url,

        sequenced.deployment_number,
        sequenced.job_count,
        commits.highest_line_position,

        sequenced.is_redeployment,
        coalesce(sequenced.brought_number < sequenced.replaced_number, false) as is_rollback,

        sequenced.started_at,
        sequenced.finished_at

    from sequenced
    left join commits
        on
            sequenced.repository = commits.repository
            and sequenced.sha = commits.sha

)

select * from final
