with

memberships as (

    select
        person_id,
        team_id,
        from_on,
        least(coalesce(to_on, cast('9999-12-30' as date)), cast('9999-12-30' as date)) as to_on
    from {{ ref('stg_planning__team_memberships') }}

),

people as (

    select * from {{ ref('int_people') }}

),

teams as (

    select * from {{ ref('stg_planning__teams') }}

),

-- A person's memberships change only on these days.
boundaries as (

    select
        person_id,
        from_on as boundary_on
    from memberships

    {{ union_distinct() }}

    select
        person_id,
        {{ add_days('to_on', 1) }} as boundary_on
    from memberships

),

segments as (

    select
        person_id,
        boundary_on as from_on,
        {{ add_days('lead(boundary_on) over (partition by person_id order by boundary_on)', -1) }} as to_on
    from boundaries

),

candidates as (

    select
        segments.person_id,
        memberships.team_id,
        segments.from_on,
        segments.to_on,
        row_number() over (
            partition by segments.person_id, segments.from_on
            order by memberships.from_on desc, {{ code_point_order('memberships.team_id') }} asc
        ) as preference
    from segments
    inner join memberships
        on
            segments.person_id = memberships.person_id
            and segments.from_on >= memberships.from_on
            and segments.to_on <= memberships.to_on

),

final as (

    select
        person_id || ':' || cast(from_on as {{ raw_type('text') }}) as team_membership_segment_id,
        person_id,
        team_id,
        from_on,
        case when to_on = cast('9999-12-30' as date) then cast('9999-12-31' as date) else to_on end as to_on
    from candidates
    where
        preference = 1
        and exists (select 1 from teams)

    union all

    -- With no sheet of teams there is one team, and everybody is in it.
    select
        person_id || ':0001-01-01' as team_membership_segment_id,
        person_id,
        'default' as team_id,
        cast('0001-01-01' as date) as from_on,
        cast('9999-12-31' as date) as to_on
    from people
    where not exists (select 1 from teams)

)

select * from final
