{#- Adding a tool is one line. -#}
{%- set tools = [
    'stg_pagerduty__services',
] -%}
with

united as (

    {{ union_models(tools, [
        'incident_service_id',
        'incident_service_name',
    ]) }}

),

final as (

    select * from united

)

select * from final
