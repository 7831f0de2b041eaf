with

source as (

    select * from {{ source('raw_planning', 'teams') }}

),

final as (

    select
        team_id,

        name as team_name

    from source

)

select * from final
