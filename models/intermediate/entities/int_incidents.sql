with

incidents as (

    select * from {{ ref('int_tool_incidents') }}

),

services as (

    select * from {{ ref('int_services') }}

),

exclusions as (

    select * from {{ ref('incident_exclusions') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

named_services as (

    select
        incident_id,
        lower(incident_service_id) as incident_service
    from incidents

    union all

    select
        incident_id,
        lower(incident_service_name) as incident_service
    from incidents

),

-- An incident tool's service may be named by its id or its name; of several services that name it the smallest answers.
incident_services as (

    select
        named.incident_id,
        min(services.service_id) as service_id
    from named_services as named
    inner join services
        on named.incident_service = services.incident_service
    group by named.incident_id

),

excluded as (

    select
        incidents.incident_id,
        min(exclusions.excluded_because) as excluded_because
    from incidents
    inner join exclusions
        on {{ dictionary_match(
            "lower(case exclusions.field when 'title' then incidents.title when 'service' then incidents.incident_service_name when 'urgency' then incidents.urgency end)",
            'exclusions.marker', 'exclusions.match_kind'
        ) }}
    group by incidents.incident_id

),

final as (

    select
        incidents.incident_id,
        incident_services.service_id,
        case
            when incidents.status_changed_at <= as_of.as_of then incidents.merged_into_incident_id
        end as merged_into_incident_id,
        incidents.incident_service_id,

        incidents.title,
        incidents.url,
        incidents.incident_service_name,
        incidents.urgency,
        incidents.blamed_native_id,
        excluded.excluded_because,

        incidents.is_resolved_by_itself,

        incidents.created_at,
        incidents.started_at,
        case when incidents.ended_at <= as_of.as_of then incidents.ended_at end as ended_at

    from incidents
    cross join as_of
    left join incident_services
        on incidents.incident_id = incident_services.incident_id
    left join excluded
        on incidents.incident_id = excluded.incident_id
    where incidents.created_at <= as_of.as_of

)

select * from final
