with

source as (

    select
        id,
        labels
    from {{ source('raw_github', 'pull_requests') }}

),

exploded as (

    {{ json_array_rows('source', 'labels') }}

),

final as (

    select
        'github:' || cast(id as {{ raw_type('text') }})
        || ':' || cast(element_position as {{ raw_type('text') }}) as pull_request_label_id,
        'github:' || cast(id as {{ raw_type('text') }}) as pull_request_id,

        {{ json_text('element', 'name') }} as label

    from exploded

)

select * from final
