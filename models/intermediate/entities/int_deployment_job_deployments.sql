with

jobs as (

    select
        *,
        -- Without a service each repository is a line of its own.
        coalesce(service_id, 'no_service:' || repository) as production_line
    from {{ ref('int_deployment_jobs') }}
    where is_production and is_successful

),

ordered as (

    select
        *,
        lag(sha) over (
            partition by production_line
            order by finished_at, deployment_job_id
        ) as previous_sha,
        lag(finished_at) over (
            partition by production_line
            order by finished_at, deployment_job_id
        ) as previous_finished_at
    from jobs

),

-- A job continues the deployment before it when it carries the same commit soon enough; as the order is that of the
-- whole line, another commit in between begins a new one.
numbered as (

    select
        *,
        sum(
            case
                when
                    previous_sha = sha
                    and {{ seconds_between('previous_finished_at', 'finished_at') }}
                    <= {{ var('deployment_join_minutes') }} * 60
                    then 0
                else 1
            end
        ) over (
            partition by production_line
            order by finished_at, deployment_job_id
            rows between unbounded preceding and current row
        ) as deployment_number
    from ordered

),

final as (

    select
        deployment_job_service_id,
        first_value(deployment_job_service_id) over (
            partition by production_line, deployment_number
            order by finished_at, deployment_job_id
        ) as deployment_id,
        production_line,
        deployment_number
    from numbered

)

select * from final
