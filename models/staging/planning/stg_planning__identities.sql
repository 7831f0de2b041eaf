with

source as (

    select * from {{ source('raw_planning', 'identities') }}

),

final as (

    select
        lower(tool) || ':' || lower(identifier) as planning_identity_id,
        person_id,

        lower(tool) as tool,
        lower(identifier) as identifier

    from source

)

select * from final
