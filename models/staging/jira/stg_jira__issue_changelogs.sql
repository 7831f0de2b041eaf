with

source as (

    select * from {{ source('raw_jira', 'issue_changelogs') }}

),

final as (

    select
        'jira:' || id as issue_change_id,
        'jira:' || issue_id as issue_id,
        upper(issue_key) as issue_key,

        items,

        {{ parse_instant('created') }} as changed_at

    from source

)

select * from final
