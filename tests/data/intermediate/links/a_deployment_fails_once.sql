-- One row per failed deployment, each of a deployment that exists, by the best of what says so.
with

failures as (

    select * from {{ ref('int_deployment_failures') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

final as (

    select
        failures.deployment_id,
        count(*) as failure_count
    from failures
    left join deployments
        on failures.deployment_id = deployments.deployment_id
    group by failures.deployment_id
    having count(*) <> 1 or count(deployments.deployment_id) <> 1

)

select * from final
