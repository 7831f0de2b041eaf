with

source as (

    select * from {{ source('raw_meta', 'publications') }}

),

final as (

    select
        publication_id || ':' || kpi || ':' || period_grain || ':' || period_start_on
        || ':' || scope_type || ':' || scope_id as published_number_id,
        publication_id,

        kpi,
        period_grain,
        scope_type,
        scope_id,

        value,
        n,
        definition_version,

        {{ parse_date('period_start_on') }} as period_start_on,
        published_at

    from source

)

select * from final
