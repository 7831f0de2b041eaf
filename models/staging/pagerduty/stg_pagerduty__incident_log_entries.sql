with

source as (

    select * from {{ source('raw_pagerduty', 'incident_log_entries') }}

),

final as (

    select
        'pagerduty:' || id as log_entry_id,
        'pagerduty:' || {{ json_text('incident', 'id') }} as incident_id,

        type as entry_type,
        {{ json_text('agent', 'type') }} as agent_type,

        {{ parse_instant('created_at') }} as logged_at

    from source

)

select * from final
