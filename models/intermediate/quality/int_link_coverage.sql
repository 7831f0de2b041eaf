with

merged_changes as (

    select * from {{ ref('int_merged_changes') }}
    where no_change_because is null

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

incidents as (

    select * from {{ ref('int_incidents') }}
    where excluded_because is null

),

issues as (

    select * from {{ ref('int_issues') }}
    where is_standard

),

things as (

    select
        'changes_with_issue' as measure,
        case when issue_count > 0 then 1 else 0 end as is_linked
    from merged_changes

    union all

    select
        'changes_with_service' as measure,
        case when service_id is not null then 1 else 0 end as is_linked
    from merged_changes

    union all

    select
        'deployments_with_service' as measure,
        case when service_id is not null then 1 else 0 end as is_linked
    from deployments

    union all

    select
        'incidents_with_service' as measure,
        case when service_id is not null then 1 else 0 end as is_linked
    from incidents

    union all

    select
        'issues_with_team' as measure,
        case when team_id is not null then 1 else 0 end as is_linked
    from issues

),

final as (

    select
        measure,

        count(*) as thing_count,
        cast(sum(is_linked) as bigint) as linked_count

    from things
    group by measure

)

select * from final
