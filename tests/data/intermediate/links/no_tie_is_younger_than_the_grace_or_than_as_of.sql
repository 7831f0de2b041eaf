-- A dated tie was there when the days of grace after the issue's completion ended, and by as_of.
with

issues as (

    select * from {{ ref('int_issues') }}

),

issue_outcomes as (

    select * from {{ ref('int_issue_outcomes') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        issue_outcomes.issue_outcome_id,
        issues.finished_at,
        issue_outcomes.linked_at
    from issue_outcomes
    cross join as_of
    left join issues
        on issue_outcomes.issue_id = issues.issue_id
    where
        issues.issue_id is null
        or not issues.is_done
        or (issue_outcomes.confidence = 'explicit') <> (issue_outcomes.linked_at is not null)
        or {{ seconds_between('issues.finished_at', 'issue_outcomes.linked_at') }}
        > {{ var('outcome_link_grace_days') }} * 86400
        or issue_outcomes.linked_at > as_of.as_of

)

select * from final
