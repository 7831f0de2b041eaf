with

source as (

    select * from {{ source('raw_hubspot', 'companies') }}

),

final as (

    select
        'hubspot:' || id as account_id,

        {{ json_text('properties', 'name') }} as account_name,
        {{ json_text('properties', var('hubspot_issue_keys_property')) }} as issue_keys,

        coalesce(archived, false) as is_archived,

        {{ parse_instant('created_at') }} as created_at,
        {{ parse_instant('updated_at') }} as updated_at

    from source

)

select * from final
