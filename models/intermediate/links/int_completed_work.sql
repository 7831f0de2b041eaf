with

issues as (

    select * from {{ ref('int_issues') }}
    where is_done

),

changes as (

    select * from {{ ref('int_merged_changes') }}

),

issue_incidents as (

    select issue_id
    from {{ ref('int_issue_incidents') }}
    group by issue_id

),

issue_work as (

    select
        issues.issue_id as work_id,
        issues.team_id,
        cast(null as {{ raw_type('text') }}) as service_id,
        'issue' as work_type,
        issues.title,
        issues.url,
        coalesce(
            case when issues.is_of_bot then 'bot' end,
            issues.not_standard_because,
            case
                when issues.cancelled_because in ('wont_do', 'duplicate', 'cannot_reproduce')
                    then issues.cancelled_because
            end
        ) as excluded_because,
        -- Defects, incidents and what follows from them, and what the dictionary calls maintenance.
        issue_incidents.issue_id is not null
        or coalesce(issues.issue_kind in ('defect', 'incident', 'incident_follow_up', 'maintenance'), false)
            as is_keeping_the_lights_on,
        case when issues.is_start_known then issues.started_at else issues.created_at end as started_at,
        issues.finished_at as completed_at
    from issues
    left join issue_incidents
        on issues.issue_id = issue_incidents.issue_id

),

-- A merged change that no issue asked for is shadow work.
change_work as (

    select
        pull_request_id as work_id,
        team_id,
        service_id,
        'pull_request' as work_type,
        title,
        url,
        case
            when no_change_because is not null then no_change_because
            when is_pure_revert then 'pure_revert'
            when issue_count > 0 then 'has_an_issue'
        end as excluded_because,
        coalesce(is_revert, false) or coalesce(is_hotfix, false) as is_keeping_the_lights_on,
        first_commit_at as started_at,
        merged_at as completed_at
    from changes

),

final as (

    select * from issue_work

    union all

    select * from change_work

)

select * from final
