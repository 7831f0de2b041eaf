with

services as (

    select * from {{ ref('stg_planning__services') }}

),

teams as (

    select * from {{ ref('int_teams') }}

),

commits as (

    select * from {{ ref('stg_git__commits') }}

),

pull_requests as (

    select * from {{ ref('int_tool_pull_requests') }}

),

deployment_jobs as (

    select * from {{ ref('int_tool_deployment_jobs') }}

),

seen_repositories as (

    select repository from commits
    {{ union_distinct() }}
    select repository from pull_requests
    {{ union_distinct() }}
    select repository from deployment_jobs

),

default_services as (

    select
        seen_repositories.repository as service_id,
        teams.team_id,
        seen_repositories.repository as service_name,
        seen_repositories.repository,
        cast(null as {{ raw_type('text') }}) as path_prefix,
        cast(null as {{ raw_type('text') }}) as deployment_environment,
        {{ first_match('seen_repositories.repository', '([^/]+)$') }} as incident_service
    from seen_repositories
    left join teams
        on teams.team_id = 'default'
    where
        seen_repositories.repository is not null
        and not exists (select 1 from services)

),

united as (

    select
        service_id,
        team_id,
        service_name,
        repository,
        path_prefix,
        deployment_environment,
        incident_service,
        false as is_default
    from services

    union all

    select
        service_id,
        team_id,
        service_name,
        repository,
        path_prefix,
        deployment_environment,
        incident_service,
        true as is_default
    from default_services

),

final as (

    select
        service_id,
        team_id,

        service_name,
        repository,
        path_prefix,
        lower(deployment_environment) as deployment_environment,
        lower(incident_service) as incident_service,

        is_default

    from united

)

select * from final
