with

source as (

    select
        id,
        stages
    from {{ source('raw_hubspot', 'pipelines') }}

),

exploded as (

    {{ json_array_rows('source', 'stages') }}

),

final as (

    select
        id || ':' || cast(element_position as {{ raw_type('text') }}) as deal_stage_id,
        {{ json_text('element', 'id') }} as stage_id,

        {{ safe_number(json_text('element', 'metadata.probability'), 'double precision') }} as probability,

        coalesce(lower({{ json_text('element', 'metadata.isClosed') }}) = 'true', false) as is_closed

    from exploded

)

select * from final
