with

source as (

    select * from {{ source('raw_planning', 'projects') }}

),

final as (

    select
        upper(project_key) as project_key,
        team_id

    from source

)

select * from final
