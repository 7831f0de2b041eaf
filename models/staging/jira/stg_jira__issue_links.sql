with

source as (

    select
        id,
        {{ json_text('fields', 'issuelinks') }} as issue_links
    from {{ source('raw_jira', 'issues') }}

),

exploded as (

    {{ json_array_rows('source', 'issue_links') }}

),

final as (

    select
        'jira:' || id || ':' || cast(element_position as {{ raw_type('text') }}) as issue_link_id,
        'jira:' || id as issue_id,
        coalesce(
            {{ json_text('element', 'outwardIssue.key') }}, {{ json_text('element', 'inwardIssue.key') }}
        ) as linked_issue_key,

        {{ json_text('element', 'type.name') }} as link_type

    from exploded

)

select * from final
