with

source as (

    select * from {{ source('raw_planning', 'objectives') }}

),

final as (

    select
        objective_id,

        name as objective_name,

        {{ parse_date('active_from_on') }} as active_from_on,
        {{ parse_date('active_to_on') }} as active_to_on

    from source

)

select * from final
