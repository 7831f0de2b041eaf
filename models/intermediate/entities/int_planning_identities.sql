with

people as (

    select * from {{ ref('stg_planning__people') }}

),

listed_identities as (

    select * from {{ ref('stg_planning__identities') }}

),

seen as (

    select
        'email:' || email as identity_id,
        email as identifier,
        person_id
    from people
    where email is not null

    union all

    select
        case when {{ dbt.position("'@'", 'identifier') }} > 0 then 'email:' else tool || ':' end
        || identifier as identity_id,
        identifier,
        person_id
    from listed_identities

),

final as (

    select
        identity_id,
        min(person_id) as person_id,

        min(identifier) as identifier,

        false as is_bot_account

    from seen
    group by identity_id

)

select * from final
