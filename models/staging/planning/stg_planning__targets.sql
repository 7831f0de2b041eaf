with

source as (

    select * from {{ source('raw_planning', 'targets') }}

),

final as (

    select
        kpi || ':' || scope_type || ':' || coalesce(scope_id, '') || ':' || from_on as target_id,

        kpi,
        scope_type,
        coalesce(scope_id, 'company') as scope_id,
        owner,

        target,

        {{ parse_date('from_on') }} as from_on

    from source

)

select * from final
