with

teams as (

    select * from {{ ref('stg_planning__teams') }}

),

default_team as (

    select
        'default' as team_id,
        'All of technology' as team_name
    where not exists (select 1 from teams)

),

final as (

    select
        team_id,
        team_name
    from teams

    union all

    select
        team_id,
        team_name
    from default_team

)

select * from final
