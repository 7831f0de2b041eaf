with

commits as (

    select * from {{ ref('stg_git__commits') }}

),

pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}

),

reviews as (

    select * from {{ ref('stg_github__reviews') }}

),

deployments as (

    select * from {{ ref('stg_github__deployments') }}

),

issues as (

    select * from {{ ref('stg_jira__issues') }}

),

sprints as (

    select * from {{ ref('stg_jira__sprints') }}

),

incidents as (

    select * from {{ ref('stg_pagerduty__incidents') }}

),

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- One select for each object whose rows say when something happened.
events as (

    select
        'git' as tool,
        'commits' as object,
        committed_at as happened_at
    from commits

    union all

    select
        'github' as tool,
        'pull_requests' as object,
        coalesce(merged_at, closed_at, opened_at) as happened_at
    from pull_requests

    union all

    select
        'github' as tool,
        'reviews' as object,
        submitted_at as happened_at
    from reviews

    union all

    select
        'github' as tool,
        'deployments' as object,
        created_at as happened_at
    from deployments

    union all

    select
        'jira' as tool,
        'issues' as object,
        updated_at as happened_at
    from issues

    union all

    select
        'jira' as tool,
        'sprints' as object,
        activated_at as happened_at
    from sprints

    union all

    select
        'pagerduty' as tool,
        'incidents' as object,
        created_at as happened_at
    from incidents

    union all

    select
        'hubspot' as tool,
        'deals' as object,
        updated_at as happened_at
    from deals

),

final as (

    select
        events.tool || '.' || events.object as source_object_id,
        events.tool,
        events.object,

        max(events.happened_at) as newest_event_at

    from events
    cross join as_of
    where events.happened_at <= as_of.as_of
    group by events.tool, events.object

)

select * from final
