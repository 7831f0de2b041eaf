-- Whoever was in a sprint by as_of has a state in it; one whose sprint was not exported is warned of elsewhere.
with

memberships as (

    select
        memberships.issue_id,
        memberships.sprint_id
    from {{ ref('int_issue_sprint_memberships') }} as memberships
    inner join {{ ref('int_sprints') }} as sprints
        on memberships.sprint_id = sprints.sprint_id
    inner join {{ ref('int_issues') }} as issues
        on memberships.issue_id = issues.issue_id
    group by memberships.issue_id, memberships.sprint_id

),

states as (

    select * from {{ ref('int_issue_sprint_states') }}

)

select memberships.*
from memberships
left join states
    on
        memberships.issue_id = states.issue_id
        and memberships.sprint_id = states.sprint_id
where states.issue_sprint_id is null
