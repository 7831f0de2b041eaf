with

monthly_counts as (

    select * from {{ ref('stat_monthly_counts') }}
    where kpi = 'delivery_predictability'

),

sprint_teams as (

    select * from {{ ref('int_issue_sprint_teams') }}

),

seen_teams as (

    select coalesce(team_id, 'no_team') as team_id
    from monthly_counts
    group by coalesce(team_id, 'no_team')

),

-- A team whose sprints lie too far back has none, whether or not a service level could be set for it.
teams as (

    select
        seen_teams.team_id,
        sprint_teams.team_key is null as is_service_level
    from seen_teams
    left join sprint_teams
        on seen_teams.team_id = sprint_teams.team_key

),

sprint_team_counts as (

    select count(*) as sprint_team_count
    from sprint_teams

),

company as (

    -- One team with sprints is enough: the two measures are never pooled.
    select {{ every_true('sprint_team_counts.sprint_team_count = 0') }} as is_service_level
    from seen_teams
    cross join sprint_team_counts

),

services as (

    select coalesce(service_id, 'no_service') as service_id
    from monthly_counts
    group by coalesce(service_id, 'no_service')

),

final as (

    select
        'team' as scope_type,
        team_id as scope_id,
        is_service_level
    from teams

    union all

    select
        'company' as scope_type,
        'company' as scope_id,
        is_service_level
    from company
    where is_service_level is not null

    union all

    select
        'service' as scope_type,
        services.service_id as scope_id,
        company.is_service_level
    from services
    cross join company

)

select * from final
