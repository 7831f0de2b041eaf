with

source as (

    select * from {{ source('raw_jira', 'issue_fields') }}

),

final as (

    select
        lower(id) as field_id,

        lower(name) as field_name

    from source

)

select * from final
