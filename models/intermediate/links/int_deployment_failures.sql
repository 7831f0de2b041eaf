with

episode_deployments as (

    select * from {{ ref('int_episode_deployments') }}

),

deployment_reverts as (

    select * from {{ ref('int_deployment_reverts') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

failures as (

    select
        deployment_id,
        case when confidence = 'explicit' then 'incident' else 'incident_in_window' end as failure_method,
        confidence
    from episode_deployments

    union all

    select
        deployment_id,
        link_method as failure_method,
        confidence
    from deployment_reverts

    union all

    -- Putting back an earlier commit says that what it replaced had failed.
    select
        replaced_deployment_id as deployment_id,
        'rollback' as failure_method,
        'inferred' as confidence
    from deployments
    where is_rollback

),

ranked as (

    select
        *,
        row_number() over (
            partition by deployment_id
            order by
                case failure_method
                    when 'incident' then 1
                    when 'revert' then 2
                    when 'hotfix' then 3
                    when 'rollback' then 4
                    else 5
                end
        ) as preference
    from failures

),

-- A deployment fails once, by the best evidence there is.
final as (

    select
        deployment_id,
        failure_method,
        confidence,
        confidence = 'explicit' as is_explicit
    from ranked
    where preference = 1

)

select * from final
