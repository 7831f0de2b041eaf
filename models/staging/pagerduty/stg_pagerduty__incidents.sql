with

source as (

    select * from {{ source('raw_pagerduty', 'incidents') }}

),

final as (

    select
        'pagerduty:' || id as incident_id,
        {{ json_text('service', 'id') }} as incident_service_id,
        'pagerduty:' || case
            when {{ json_text('resolve_reason', 'type') }} = 'merge_resolve_reason'
                then {{ json_text('resolve_reason', 'incident.id') }}
        end as merged_into_incident_id,
        {{ json_text('last_status_change_by', 'type') }} as last_status_change_by_type,

        -- The older name of the title; exports of long ago hold it alone.
        coalesce(nullif(title, ''), description) as title,
        description,
        html_url as url,
        {{ json_text('service', 'summary') }} as incident_service_name,
        lower(status) as incident_status,
        lower(urgency) as urgency,
        type as incident_type,
        custom_fields as custom_fields_json,

        {{ parse_instant('created_at') }} as created_at,
        {{ parse_instant('resolved_at') }} as resolved_at,
        {{ parse_instant('last_status_change_at') }} as last_status_change_at

    from source

)

select * from final
