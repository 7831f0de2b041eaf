with

source as (

    select * from {{ source('raw_planning', 'people') }}

),

final as (

    select
        person_id,

        name as person_name,
        lower(email) as email

    from source

)

select * from final
