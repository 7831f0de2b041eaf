with

jobs as (

    select * from {{ ref('stg_github__deployments') }}

),

statuses as (

    select * from {{ ref('stg_github__deployment_statuses') }}

),

reported as (

    select
        deployment_job_id,
        min(case when deployment_state = 'in_progress' then reported_at end) as in_progress_at,
        min(case when deployment_state = 'success' then reported_at end) as succeeded_at
    from statuses
    group by deployment_job_id

),

final as (

    select
        jobs.deployment_job_id,
        jobs.repository,
        jobs.sha,

        jobs.native_id,
        jobs.environment,
        jobs.url,

        jobs.created_at,
        reported.in_progress_at,
        reported.succeeded_at

    from jobs
    left join reported
        on jobs.deployment_job_id = reported.deployment_job_id

)

select * from final
