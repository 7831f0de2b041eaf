with

monthly_counts as (

    select * from {{ ref('stat_monthly_counts') }}
    where kpi = 'delivery_predictability'

),

teams as (

    select
        coalesce(team_id, 'no_team') as team_id,
        {{ any_true('is_service_level') }} as is_service_level
    from monthly_counts
    group by coalesce(team_id, 'no_team')

),

company as (

    -- One team with sprints is enough: the two measures are never pooled.
    select {{ every_true('is_service_level') }} as is_service_level
    from teams

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
