with

changes as (

    select * from {{ ref('int_merged_changes') }}

),

pull_request_issues as (

    select * from {{ ref('int_pull_request_issues') }}

),

issues as (

    select * from {{ ref('int_issues') }}

),

issue_incidents as (

    select * from {{ ref('int_issue_incidents') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

incident_counts as (

    select
        issue_id,
        count(*) as incident_count
    from issue_incidents
    group by issue_id

),

linked_issues as (

    select
        pull_request_issues.pull_request_id,
        {{ any_true("
            issues.is_defect
            and coalesce(issues.cancelled_because, '') not in ('duplicate', 'not_a_bug', 'cannot_reproduce')
        ") }} as has_valid_defect,
        {{ any_true("
            incident_counts.incident_count is not null
            or issues.issue_kind in ('incident', 'incident_follow_up')
        ") }} as has_incident_follow_up,
        {{ any_true('coalesce(issues.first_reopened_at < changes.first_commit_at, false)') }} as has_reopened_issue
    from pull_request_issues
    inner join changes
        on pull_request_issues.pull_request_id = changes.pull_request_id
    inner join issues
        on pull_request_issues.issue_id = issues.issue_id
    left join incident_counts
        on issues.issue_id = incident_counts.issue_id
    group by pull_request_issues.pull_request_id

),

judged as (

    select
        changes.*,
        case
            when changes.is_reland then null
            when changes.is_revert then 'revert'
            when linked_issues.has_valid_defect then 'defect'
            when linked_issues.has_incident_follow_up then 'incident_follow_up'
            when linked_issues.has_reopened_issue then 'reopened_issue'
            when changes.is_hotfix then 'hotfix'
        end as rework_reason
    from changes
    left join linked_issues
        on changes.pull_request_id = linked_issues.pull_request_id

),

-- What people read names nobody.
shown as (

    select
        judged.*,
        coalesce(masked_texts.masked_text, judged.title) as shown_title
    from judged
    left join masked_texts
        on judged.title = masked_texts.shown_text

),

final as (

    select
        pull_request_id,
        team_id,
        service_id,

        shown_title as title,
        url,
        case
            when no_change_because is not null then null
            when rework_reason is not null then 'yes'
            when issue_count > 0 or is_reland then 'no'
            else 'unknown'
        end as verdict,
        rework_reason,
        no_change_because as excluded_because,

        no_change_because is null as is_counted,
        issue_count > 0 as has_issue,
        is_reland,

        first_commit_at,
        merged_at

    from shown

)

select * from final
