with

identities as (

    select * from {{ ref('int_identities') }}

),

listed_people as (

    select * from {{ ref('stg_planning__people') }}

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

final as (

    select
        person_id,
        substring({{ hash_text("'" ~ var('person_salt') ~ "' || ':' || person_id") }}, 1, 16) as person_key,

        {{ any_true('is_bot') }} as is_bot

    from united
    group by person_id

)

select * from final
