with

lifecycles as (

    select * from {{ ref('int_issues_lifecycle') }}

),

memberships as (

    select * from {{ ref('int_issue_sprint_memberships') }}

),

sprints as (

    select * from {{ ref('int_sprints') }}

),

issues as (

    select
        issue_id,
        tool,
        {{ first_match('issue_key', '^(.+)-[0-9]+$') }} as project_key
    from {{ ref('int_issues_as_of') }}

),

tool_issues as (

    {{ from_trackers('issues', ['assignee_account_id', 'assignee_account_type']) }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

assignees as (

    select * from {{ ref('int_issue_field_intervals') }}
    where field = 'assignee'

),

-- What an issue itself shows of the kind of its assignee's account.
apps as (

    select
        tool,
        lower(assignee_account_id) as account_id
    from tool_issues
    where assignee_account_type = 'app'
    group by tool, lower(assignee_account_id)

),

identities as (

    select * from {{ ref('int_identities') }}

),

team_memberships as (

    select * from {{ ref('int_team_membership_segments') }}

),

projects as (

    select * from {{ ref('stg_planning__projects') }}

),

default_team as (

    select team_id from {{ ref('int_teams') }}
    where team_id = 'default'

),

-- Asked for when it finished and when each of its sprints was completed (not ended: at as_of) or began.
instants as (

    select
        lifecycles.issue_id,
        coalesce(lifecycles.finished_at, as_of.as_of) as asked_at
    from lifecycles
    cross join as_of

    {{ union_distinct() }}

    select
        memberships.issue_id,
        coalesce(sprints.completed_at, as_of.as_of) as asked_at
    from memberships
    inner join sprints
        on memberships.sprint_id = sprints.sprint_id
    cross join as_of

    {{ union_distinct() }}

    select
        memberships.issue_id,
        sprints.began_at as asked_at
    from memberships
    inner join sprints
        on memberships.sprint_id = sprints.sprint_id
    where sprints.began_at is not null

),

questions as (

    select
        issue_id || ':' || cast(asked_at as {{ raw_type('text') }}) as issue_team_id,
        issue_id,
        asked_at
    from instants

),

held as (

    {{ as_of_lookup('questions', 'issue_team_id', 'asked_at', 'assignees', 'from_at', 'issue_id') }}

),

final as (

    select
        questions.issue_team_id,
        questions.issue_id,
        assignees.field_value as assignee_account_id,
        coalesce(team_memberships.team_id, projects.team_id, default_team.team_id) as team_id,

        coalesce(identities.is_bot, false) or apps.account_id is not null as is_bot,

        questions.asked_at

    from questions
    inner join issues
        on questions.issue_id = issues.issue_id
    left join held
        on questions.issue_team_id = held.issue_team_id
    left join assignees
        on
            questions.issue_id = assignees.issue_id
            and held.matched_order = assignees.from_at
    left join identities
        on issues.tool || ':' || lower(assignees.field_value) = identities.identity_id
    left join apps
        on
            issues.tool = apps.tool
            and lower(assignees.field_value) = apps.account_id
    left join team_memberships
        on
            identities.person_id = team_memberships.person_id
            and {{ local_date('questions.asked_at') }} between team_memberships.from_on and team_memberships.to_on
    left join projects
        on issues.project_key = projects.project_key
    left join default_team
        on true

)

select * from final
