with

incidents as (

    select * from {{ ref('stg_pagerduty__incidents') }}

),

custom_fields as (

    select * from {{ ref('stg_pagerduty__incident_custom_fields') }}

),

log_entries as (

    select * from {{ ref('stg_pagerduty__incident_log_entries') }}

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

impact as (

    select
        incident_id,
        max(case when field_name = '{{ var("pagerduty_deployment_field") }}' then field_value end) as blamed_native_id,
        min(
            case
                when field_name = '{{ var("pagerduty_impact_started_field") }}' then {{ parse_instant('field_value') }}
            end
        ) as impact_started_at,
        min(
            case
                when field_name = '{{ var("pagerduty_mitigated_field") }}' then {{ parse_instant('field_value') }}
            end
        ) as mitigated_at
    from custom_fields
    group by incident_id

),

resolutions as (

    select
        log_entries.incident_id,
        max(log_entries.logged_at) as last_logged_at,
        bool_and(coalesce(log_entries.agent_type, '') like 'service%') as is_resolved_by_itself
    from log_entries
    cross join as_of
    where
        log_entries.entry_type like 'resolve_log_entry%'
        and log_entries.logged_at <= as_of.as_of
    group by log_entries.incident_id

),

-- An incident tool's service may be named by its id or its name; of several services that name it the smallest answers.
incident_services as (

    select
        incidents.incident_id,
        min(services.service_id) as service_id
    from incidents
    inner join services
        on
            lower(incidents.incident_service_id) = services.incident_service
            or lower(incidents.incident_service_name) = services.incident_service
    group by incidents.incident_id

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

known as (

    select
        incidents.incident_id,
        incident_services.service_id,
        incidents.merged_into_incident_id,
        incidents.incident_service_id,

        incidents.title,
        incidents.url,
        incidents.incident_service_name,
        incidents.urgency,
        impact.blamed_native_id,
        excluded.excluded_because,

        coalesce(
            resolutions.is_resolved_by_itself, incidents.last_status_change_by_type like 'service%', false
        ) as is_resolved_by_itself,

        as_of.as_of,
        incidents.created_at,
        coalesce(impact.impact_started_at, incidents.created_at) as started_at,
        coalesce(
            impact.mitigated_at,
            incidents.resolved_at,
            case
                when incidents.incident_status = 'resolved'
                    then coalesce(resolutions.last_logged_at, incidents.last_status_change_at)
            end
        ) as ended_at,
        coalesce(
            incidents.resolved_at, resolutions.last_logged_at, incidents.last_status_change_at
        ) as status_changed_at

    from incidents
    cross join as_of
    left join impact
        on incidents.incident_id = impact.incident_id
    left join resolutions
        on incidents.incident_id = resolutions.incident_id
    left join incident_services
        on incidents.incident_id = incident_services.incident_id
    left join excluded
        on incidents.incident_id = excluded.incident_id
    where incidents.created_at <= as_of.as_of

),

final as (

    select
        incident_id,
        service_id,
        case when status_changed_at <= as_of then merged_into_incident_id end as merged_into_incident_id,
        incident_service_id,

        title,
        url,
        incident_service_name,
        urgency,
        blamed_native_id,
        excluded_because,

        is_resolved_by_itself,

        created_at,
        started_at,
        case when ended_at <= as_of then ended_at end as ended_at

    from known

)

select * from final
