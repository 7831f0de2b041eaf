with

source as (

    select
        id,
        {{ json_text('changelog', 'histories') }} as histories
    from {{ source('raw_jira', 'issues') }}

),

exploded as (

    {{ json_array_rows('source', 'histories') }}

),

final as (

    select
        'jira:' || {{ json_text('element', 'id') }} as issue_change_id,
        'jira:' || id as issue_id,

        {{ json_text('element', 'items') }} as items,

        {{ parse_instant(json_text('element', 'created')) }} as changed_at

    from exploded

)

select * from final
