with

labels as (

    select * from {{ ref('int_tool_pull_request_labels') }}

),

final as (

    select
        pull_request_label_id,
        pull_request_id,
        lower(trim(label)) as label
    from labels

)

select * from final
