with

source as (

    select
        id,
        {{ json_text('fields', var('jira_sprint_field')) }} as sprints
    from {{ source('raw_jira', 'issues') }}

),

exploded as (

    {{ json_array_rows('source', 'sprints') }}

),

final as (

    select
        'jira:' || id || ':' || cast(element_position as {{ raw_type('text') }}) as issue_sprint_id,
        'jira:' || id as issue_id,
        -- An element is the sprint as an object, in older exports its text form (`…[id=15,…]`) or the bare number.
        'jira:' || coalesce(
            {{ json_text('element', 'id') }},
            {{ first_match('element', '[[,]id=([0-9]+)') }},
            {{ first_match('element', '^"?([0-9]+)"?$') }}
        ) as sprint_id

    from exploded

)

select * from final
