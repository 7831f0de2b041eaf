-- Each done issue and each merged change is there once; what counts is tied exactly where a link to an outcome exists.
with

issues as (

    select issue_id as work_id from {{ ref('int_issues') }}
    where is_done

),

pull_requests as (

    select pull_request_id as work_id from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

expected as (

    select * from issues

    union all

    select * from pull_requests

),

link_counts as (

    select
        issue_id,
        count(*) as link_count
    from {{ ref('int_issue_outcomes') }}
    group by issue_id

),

work as (

    select * from {{ ref('kpi_outcome_linked_work') }}

),

final as (

    select
        coalesce(expected.work_id, work.work_id) as work_id,
        work.verdict
    from expected
    full outer join work
        on expected.work_id = work.work_id
    left join link_counts
        on work.work_id = link_counts.issue_id
    where
        expected.work_id is null
        or work.work_id is null
        or work.is_counted <> (work.excluded_because is null)
        or work.is_counted <> (work.verdict is not null)
        or (work.is_counted and (work.verdict = 'yes') <> (link_counts.link_count is not null))
        or (work.is_immature and not work.is_counted)

)

select * from final
