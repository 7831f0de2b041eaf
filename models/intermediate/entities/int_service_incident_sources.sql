with

services as (

    select * from {{ ref('int_services') }}

),

incident_services as (

    select * from {{ ref('int_tool_incident_services') }}

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

known_names as (

    select lower(incident_service_id) as incident_service
    from incident_services

    {{ union_distinct() }}

    select lower(incident_service_name) as incident_service
    from incident_services

    {{ union_distinct() }}

    select lower(incident_service_id) as incident_service
    from incidents

    {{ union_distinct() }}

    select lower(incident_service_name) as incident_service
    from incidents

),

final as (

    select
        services.service_id,
        services.team_id,

        -- A sheet that names the incident service is believed; a guess by name only where the tool knows that name.
        case
            when services.is_default then known_names.incident_service is not null
            else services.incident_service is not null
        end as has_incident_source

    from services
    left join known_names
        on services.incident_service = known_names.incident_service

)

select * from final
