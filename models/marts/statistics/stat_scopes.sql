with

kpis as (

    select * from {{ ref('kpis') }}

),

teams as (

    select * from {{ ref('dim_teams') }}

),

services as (

    select * from {{ ref('dim_services') }}

),

scoped_counts as (

    select * from {{ ref('stat_scoped_counts') }}

),

open_items as (

    select * from {{ ref('stat_open_items') }}

),

named_scopes as (

    select
        'company' as scope_type,
        'company' as scope_id,
        'Company' as scope_name
    union all
    select
        'team' as scope_type,
        team_id as scope_id,
        team_name as scope_name
    from teams
    union all
    select
        'service' as scope_type,
        service_id as scope_id,
        service_name as scope_name
    from services

),

-- Rows without a team or a service are shown as such, for the KPIs that have any.
seen as (

    select
        kpi,
        scope_type,
        scope_id
    from scoped_counts
    {{ union_distinct() }}
    select
        kpi,
        scope_type,
        scope_id
    from open_items

),

unnamed as (

    select
        seen.kpi,
        seen.scope_type,
        seen.scope_id,
        case seen.scope_id
            when 'no_team' then 'no team'
            when 'no_service' then 'no service'
            else seen.scope_id
        end as scope_name
    from seen
    left join named_scopes
        on
            seen.scope_type = named_scopes.scope_type
            and seen.scope_id = named_scopes.scope_id
    where named_scopes.scope_id is null

),

final as (

    select
        kpis.kpi,
        named_scopes.scope_type,
        named_scopes.scope_id,
        coalesce(named_scopes.scope_name, named_scopes.scope_id) as scope_name
    from kpis
    cross join named_scopes

    union all

    select
        kpi,
        scope_type,
        scope_id,
        scope_name
    from unnamed

)

select * from final
