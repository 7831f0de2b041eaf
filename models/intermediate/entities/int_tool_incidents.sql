{#- Adding a tool is one line. -#}
{%- set tools = [
    'int_pagerduty_incidents',
] -%}
with

united as (

    {{ union_models(tools, [
        'incident_id',
        'merged_into_incident_id',
        'incident_service_id',
        'title',
        'url',
        'incident_service_name',
        'urgency',
        'blamed_native_id',
        'is_resolved_by_itself',
        'created_at',
        'started_at',
        'ended_at',
        'status_changed_at',
    ]) }}

),

final as (

    select * from united

)

select * from final
