with

source as (

    select * from {{ source('raw_jira', 'workflow_statuses') }}

),

final as (

    select
        id as status_id,

        name as status_name,
        {{ json_text('status_category', 'key') }} as status_category_key

    from source

)

select * from final
