with

identities as (

    select * from {{ ref('int_identities') }}

),

listed_people as (

    select * from {{ ref('stg_planning__people') }}

),

people_count as (

    select count(*) as listed_count
    from listed_people

),

seen as (

    select
        {{ first_match('identity_id', '^([^:]+):') }} as tool,
        person_id
    from identities
    where not is_bot

),

-- Where no sheet lists people, nobody is missing from it.
final as (

    select
        seen.tool,

        count(*) as identity_count,
        sum(case when listed_people.person_id is null then 1 else 0 end) as unmatched_count

    from seen
    inner join people_count
        on people_count.listed_count > 0
    left join listed_people
        on seen.person_id = listed_people.person_id
    group by seen.tool

)

select * from final
