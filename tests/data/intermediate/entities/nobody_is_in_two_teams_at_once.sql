-- Segments of one person that overlap would count a change in two teams.
with

segments as (

    select * from {{ ref('int_team_membership_segments') }}

),

ordered as (

    select
        person_id,
        from_on,
        to_on,
        lag(to_on) over (partition by person_id order by from_on) as previous_to_on
    from segments

),

final as (

    select * from ordered
    where from_on <= previous_to_on or to_on < from_on

)

select * from final
