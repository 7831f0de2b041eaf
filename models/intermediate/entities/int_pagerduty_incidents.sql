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

as_of as (

    select * from {{ ref('int_as_of') }}

),

impact as (

    select
        incident_id,
        max(
            case when field_name = '{{ var("pagerduty_deployment_field") }}' then trim(field_value) end
        ) as blamed_native_id,
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
        -- A service, an integration, a rule: whatever is no person.
        {{ every_true("coalesce(log_entries.agent_type, 'user') not like 'user%'") }} as is_resolved_by_itself
    from log_entries
    cross join as_of
    where
        log_entries.entry_type like 'resolve_log_entry%'
        and log_entries.logged_at <= as_of.as_of
    group by log_entries.incident_id

),

final as (

    select
        incidents.incident_id,
        incidents.merged_into_incident_id,
        incidents.incident_service_id,

        incidents.title,
        incidents.url,
        incidents.incident_service_name,
        incidents.urgency,
        impact.blamed_native_id,

        coalesce(
            resolutions.is_resolved_by_itself, incidents.last_status_change_by_type not like 'user%', false
        ) as is_resolved_by_itself,

        incidents.created_at,
        coalesce(impact.impact_started_at, incidents.created_at) as started_at,
        coalesce(
            case when impact.mitigated_at <= as_of.as_of then impact.mitigated_at end,
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

)

select * from final
