with

source as (

    select
        id,
        custom_fields
    from {{ source('raw_pagerduty', 'incidents') }}

),

exploded as (

    {{ json_array_rows('source', 'custom_fields') }}

),

final as (

    select
        'pagerduty:' || id || ':' || cast(element_position as {{ raw_type('text') }}) as incident_custom_field_id,
        'pagerduty:' || id as incident_id,

        {{ json_text('element', 'name') }} as field_name,
        {{ json_text('element', 'value') }} as field_value

    from exploded

)

select * from final
