with

source as (

    select
        id,
        {{ json_text('fields', 'labels') }} as labels
    from {{ source('raw_jira', 'issues') }}

),

exploded as (

    {{ json_array_rows('source', 'labels') }}

),

final as (

    select
        'jira:' || id || ':' || cast(element_position as {{ raw_type('text') }}) as issue_label_id,
        'jira:' || id as issue_id,

        -- An element of a list of texts is JSON text itself, in quotes.
        lower({{ trim_characters('element', '"') }}) as label

    from exploded

)

select * from final
