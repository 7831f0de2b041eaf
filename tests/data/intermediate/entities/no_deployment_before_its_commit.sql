{{ config(severity='warn') }}

-- A deployment that finished before its commit was made: a clock is wrong, or a commit was rewritten.
with

deployments as (

    select * from {{ ref('int_deployments') }}

),

commits as (

    select * from {{ ref('int_commits') }}

),

final as (

    select
        deployments.deployment_id,
        deployments.finished_at,
        commits.committed_at
    from deployments
    inner join commits
        on
            deployments.repository = commits.repository
            and deployments.sha = commits.sha
    where deployments.finished_at < commits.committed_at

)

select * from final
