with

cycles as (

    select
        *,
        coalesce(team_id, 'no_team') as team_key
    from {{ ref('int_issue_cycles') }}
    where
        excluded_because is null
        and verdict is null

),

sprint_teams as (

    select * from {{ ref('int_issue_sprint_teams') }}

),

windows as (

    select * from {{ ref('int_issue_service_level_windows') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

of_teams_without_sprints as (

    select cycles.*
    from cycles
    left join sprint_teams
        on cycles.team_key = sprint_teams.team_key
    where sprint_teams.team_key is null

),

thresholds as (

    select
        of_teams_without_sprints.team_key,
        {{ percentile('of_teams_without_sprints.cycle_seconds', 0.85) }} as threshold_seconds
    from of_teams_without_sprints
    cross join windows
    where
        of_teams_without_sprints.finished_at >= windows.looks_back_to
        and of_teams_without_sprints.finished_at < windows.headline_starts_at
    group by of_teams_without_sprints.team_key

),

passing as (

    select
        of_teams_without_sprints.issue_id,
        of_teams_without_sprints.team_id,
        of_teams_without_sprints.cycle_seconds,
        of_teams_without_sprints.started_at,
        of_teams_without_sprints.finished_at,
        thresholds.threshold_seconds,
        {{ add_microseconds('of_teams_without_sprints.started_at', 'thresholds.threshold_seconds') }} as passes_at,
        as_of.as_of
    from of_teams_without_sprints
    cross join as_of
    left join thresholds
        on of_teams_without_sprints.team_key = thresholds.team_key

),

final as (

    select
        issue_id,
        team_id,

        case
            when threshold_seconds is null then null
            when cycle_seconds <= threshold_seconds then 'yes'
            when passes_at < as_of then 'no'
        end as verdict,
        case
            when threshold_seconds is null then 'no_threshold'
            when cycle_seconds <= threshold_seconds or passes_at < as_of then null
            else 'within_service_level'
        end as excluded_because,

        threshold_seconds,

        started_at,
        finished_at,
        -- A late item counts when its age passed the threshold, whether or not it has finished since.
        case
            when cycle_seconds <= threshold_seconds then finished_at
            when passes_at < as_of then passes_at
        end as judged_at

    from passing

)

select * from final
