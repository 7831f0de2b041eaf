with

issues as (

    select * from {{ ref('int_issues') }}
    where is_defect

),

issue_incidents as (

    select * from {{ ref('int_issue_incidents') }}

),

reporters as (

    select * from {{ ref('int_issue_reporters') }}

),

found_in_values as (

    select * from {{ ref('found_in_values') }}

),

severities as (

    select * from {{ ref('severities') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

tied_to_incident as (

    select issue_id
    from issue_incidents
    group by issue_id

),

judged as (

    select
        issues.issue_id,
        issues.team_id,
        issues.issue_key,
        issues.title,
        issues.url,
        issues.found_in,
        issues.severity,
        issues.created_at,
        found_in_values.stage,
        case
            when found_in_values.stage is not null then 'found_in'
            when tied_to_incident.issue_id is not null then 'incident'
            when reporters.is_customer then 'reporter'
        end as decided_by,
        -- Won't fix is a defect all the same.
        case when issues.cancelled_because <> 'wont_do' then issues.cancelled_because end as excluded_because,
        coalesce(by_severity.is_severe, by_priority.is_severe, false) as is_severe
    from issues
    left join found_in_values
        on lower(issues.found_in) = found_in_values.found_in
    left join tied_to_incident
        on issues.issue_id = tied_to_incident.issue_id
    left join reporters
        on issues.issue_id = reporters.issue_id
    left join severities as by_severity
        on
            lower(issues.severity) = by_severity.severity
            and by_severity.field = 'severity'
    left join severities as by_priority
        on
            lower(issues.priority) = by_priority.severity
            and by_priority.field = 'priority'

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
        issue_id,
        team_id,

        issue_key,
        shown_title as title,
        url,
        case
            when excluded_because is not null then null
            when decided_by is null then 'unknown'
            when decided_by <> 'found_in' or stage = 'production' then 'yes'
            else 'no'
        end as verdict,
        decided_by,
        excluded_because,
        found_in,
        stage,
        severity,

        excluded_because is null as is_counted,
        is_severe,

        created_at

    from shown

)

select * from final
