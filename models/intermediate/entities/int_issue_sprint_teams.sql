with

issue_sprint_states as (

    select * from {{ ref('int_issue_sprint_states') }}

),

windows as (

    select * from {{ ref('int_issue_service_level_windows') }}

),

final as (

    -- Items without a team are measured together, as if they were one.
    select
        coalesce(issue_sprint_states.team_id, 'no_team') as team_key,

        max(issue_sprint_states.began_at) as last_began_at

    from issue_sprint_states
    cross join windows
    where
        not issue_sprint_states.is_of_bot
        and issue_sprint_states.began_at < windows.headline_ends_at
        and (
            issue_sprint_states.completed_at is null
            or issue_sprint_states.completed_at >= windows.looks_back_to
        )
    group by coalesce(issue_sprint_states.team_id, 'no_team')

)

select * from final
