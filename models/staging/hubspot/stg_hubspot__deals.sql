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
        nullif(trim({{ json_text('properties', 'deal_currency_code') }}), '') as currency,
        {{ json_text('properties', var('hubspot_issue_keys_property')) }} as issue_keys,

        {{ safe_number(json_text('properties', 'amount'), 'double precision') }} as amount,

        -- Not every export holds all three; what is not there is not known.
        {% for flag in ['closed', 'closed_won', 'closed_lost'] %}
            case lower({{ json_text('properties', 'hs_is_' ~ flag) }}) when 'true' then true when 'false' then false end
                as is_{{ flag }},
        {% endfor %}
        coalesce(archived, false) as is_archived,

        coalesce(
            {{ parse_instant(json_text('properties', 'createdate')) }}, {{ parse_instant('created_at') }}
        ) as created_at,
        {{ parse_instant(json_text('properties', 'closedate')) }} as closed_at,
        {{ parse_instant('updated_at') }} as updated_at

    from source

)

select * from final
