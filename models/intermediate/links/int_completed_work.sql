with

issues as (

    select * from {{ ref('int_issues') }}
    where is_done

),

changes as (

    select * from {{ ref('int_merged_changes') }}

),

issue_work as (

    select
        issue_id as work_id,
        team_id,
        cast(null as {{ raw_type('text') }}) as service_id,
        'issue' as work_type,
        title,
        url,
        coalesce(
            not_standard_because,
            case when cancelled_because in ('wont_do', 'duplicate', 'cannot_reproduce') then cancelled_because end
        ) as excluded_because,
        case when is_start_known then started_at else created_at end as started_at,
        finished_at as completed_at
    from issues

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
