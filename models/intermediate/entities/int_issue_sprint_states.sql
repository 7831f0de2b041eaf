with

memberships as (

    select * from {{ ref('int_issue_sprint_memberships') }}

),

sprints as (

    select * from {{ ref('int_sprints') }}

),

issues as (

    select * from {{ ref('int_issues') }}

),

teams as (

    select * from {{ ref('int_issue_teams') }}

),

resolution_kinds as (

    select * from {{ ref('resolutions') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

status_intervals as (

    select * from {{ ref('int_issue_status_intervals') }}
    where is_last_at_instant

),

resolution_intervals as (

    select * from {{ ref('int_issue_field_intervals') }}
    where field = 'resolution'

),

-- An instant equal to the start or the close counts as before it.
pairs as (

    select
        memberships.sprint_id || ':' || memberships.issue_id as issue_sprint_id,
        memberships.issue_id,
        memberships.sprint_id,
        sprints.is_activation_known,
        sprints.began_at,
        sprints.completed_at,
        coalesce(
            {{ any_true('
                memberships.from_at <= sprints.began_at
                and (memberships.to_at is null or memberships.to_at > sprints.began_at)
            ') }},
            false
        ) as is_in_at_start,
        coalesce(
            {{ any_true('
                memberships.from_at <= sprints.completed_at
                and (memberships.to_at is null or memberships.to_at > sprints.completed_at)
            ') }},
            false
        ) as is_in_at_close
    from memberships
    inner join sprints
        on memberships.sprint_id = sprints.sprint_id
    group by
        memberships.issue_id,
        memberships.sprint_id,
        sprints.is_activation_known,
        sprints.began_at,
        sprints.completed_at

),

status_at_start as (

    {{ as_of_lookup('pairs', 'issue_sprint_id', 'began_at', 'status_intervals', 'from_at', 'issue_id') }}

),

status_at_close as (

    {{ as_of_lookup('pairs', 'issue_sprint_id', 'completed_at', 'status_intervals', 'from_at', 'issue_id') }}

),

resolution_at_close as (

    {{ as_of_lookup('pairs', 'issue_sprint_id', 'completed_at', 'resolution_intervals', 'from_at', 'issue_id') }}

),

final as (

    select
        pairs.issue_sprint_id,
        pairs.issue_id,
        pairs.sprint_id,
        teams.team_id,

        opening_status.status_category as status_category_at_start,
        closing_status.status_category as status_category_at_close,
        coalesce(resolution_kinds.resolution_kind, closing_status.cancelled_because) as cancelled_because_at_close,

        coalesce(bearers.is_bot, false) as is_of_bot,
        pairs.is_activation_known,
        pairs.is_in_at_start,
        pairs.is_in_at_close,
        coalesce(opening_status.status_category = 'done', false) as is_done_at_start,
        coalesce(closing_status.status_category = 'done', false) as is_closed_at_close,
        coalesce(issues.first_reopened_at <= pairs.completed_at, false) as is_reopened_by_close,

        pairs.began_at,
        pairs.completed_at

    from pairs
    cross join as_of
    inner join issues
        on pairs.issue_id = issues.issue_id
    left join teams
        on
            pairs.issue_id = teams.issue_id
            and coalesce(pairs.completed_at, as_of.as_of) = teams.asked_at
    -- Whose a committed item was is asked for the start; whose another was, for the close.
    left join teams as bearers
        on
            pairs.issue_id = bearers.issue_id
            and case
                when pairs.is_in_at_start then pairs.began_at
                else coalesce(pairs.completed_at, as_of.as_of)
            end = bearers.asked_at
    left join status_at_start
        on pairs.issue_sprint_id = status_at_start.issue_sprint_id
    left join status_intervals as opening_status
        on
            pairs.issue_id = opening_status.issue_id
            and status_at_start.matched_order = opening_status.from_at
    left join status_at_close
        on pairs.issue_sprint_id = status_at_close.issue_sprint_id
    left join status_intervals as closing_status
        on
            pairs.issue_id = closing_status.issue_id
            and status_at_close.matched_order = closing_status.from_at
    left join resolution_at_close
        on pairs.issue_sprint_id = resolution_at_close.issue_sprint_id
    left join resolution_intervals
        on
            pairs.issue_id = resolution_intervals.issue_id
            and resolution_at_close.matched_order = resolution_intervals.from_at
    left join resolution_kinds
        on lower(resolution_intervals.field_value) = resolution_kinds.resolution

)

select * from final
