with

source as (

    select * from {{ source('raw_hubspot', 'deals') }}

),

final as (

    select
        'hubspot:' || id as deal_id,
        {{ json_text('properties', 'pipeline') }} as pipeline_id,
        {{ json_text('properties', 'dealstage') }} as stage_id,

        {{ json_text('properties', 'dealname') }} as deal_name,
        {{ json_text('properties', 'deal_currency_code') }} as currency,
        {{ json_text('properties', var('hubspot_issue_keys_property')) }} as issue_keys,

        {{ safe_number(json_text('properties', 'amount'), 'double precision') }} as amount,

        coalesce({{ json_text('properties', 'hs_is_closed_lost') }} = 'true', false) as is_closed_lost,
        coalesce({{ json_text('properties', 'hs_is_closed_won') }} = 'true', false) as is_closed_won,
        coalesce(archived, false) as is_archived,

        coalesce(
            {{ parse_instant(json_text('properties', 'createdate')) }}, {{ parse_instant('created_at') }}
        ) as created_at,
        {{ parse_instant(json_text('properties', 'closedate')) }} as closed_at,
        {{ parse_instant('updated_at') }} as updated_at

    from source

)

select * from final
