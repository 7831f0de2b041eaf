with

teams as (

    select * from {{ ref('int_teams') }}

),

final as (

    select
        team_id,
        coalesce(team_name, team_id) as team_name
    from teams

)

select * from final
