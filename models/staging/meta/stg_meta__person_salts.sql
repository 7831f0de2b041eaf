with

source as (

    select * from {{ source('raw_meta', 'person_salts') }}

),

-- One row, also where nothing was landed yet.
final as (

    select coalesce(max(salt), '') as salt
    from source

)

select * from final
