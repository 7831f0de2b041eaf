with

evidence as (

    select * from {{ ref('int_deployment_failure_evidence') }}

),

ranked as (

    select
        *,
        count(*) over (partition by deployment_id) as evidence_count,
        row_number() over (
            partition by deployment_id
            order by
                case failure_method
                    when 'incident' then 1
                    when 'revert' then 2
                    when 'hotfix' then 3
                    when 'rollback' then 4
                    else 5
                end,
                happened_at,
                {{ code_point_order('evidence_id') }}
        ) as preference
    from evidence

),

-- A deployment fails once, by the best evidence there is; of the best kind the earliest names it.
final as (

    select
        deployment_id,
        evidence_id,

        failure_method,
        confidence,
        title as evidence_title,
        url as evidence_url,

        evidence_count,

        confidence = 'explicit' as is_explicit

    from ranked
    where preference = 1

)

select * from final
