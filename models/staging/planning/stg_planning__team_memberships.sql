with

source as (

    select * from {{ source('raw_planning', 'team_memberships') }}

),

final as (

    select
        person_id || ':' || team_id || ':' || from_on as team_membership_id,
        person_id,
        team_id,

        {{ parse_date('from_on') }} as from_on,
        {{ parse_date('to_on') }} as to_on

    from source

)

select * from final
