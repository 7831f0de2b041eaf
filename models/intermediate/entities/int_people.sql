with

identities as (

    select * from {{ ref('int_identities') }}

),

listed_people as (

    select * from {{ ref('stg_planning__people') }}

),

salts as (

    select * from {{ ref('stg_meta__person_salts') }}

),

united as (

    select
        person_id,
        is_bot
    from identities

    union all

    select
        person_id,
        false as is_bot
    from listed_people

),

people as (

    select
        person_id,
        {{ any_true('is_bot') }} as is_bot
    from united
    group by person_id

),

final as (

    select
        people.person_id,
        substring({{ hash_text("salts.salt || ':' || people.person_id") }}, 1, 16) as person_key,

        people.is_bot

    from people
    cross join salts

)

select * from final
