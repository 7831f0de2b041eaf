with

embedded as (

    {{ from_trackers('issue_embedded_changelogs', ['issue_change_id', 'issue_id', 'items', 'changed_at']) }}

),

exported as (

    {{ from_trackers('issue_changelogs', ['issue_change_id', 'issue_id', 'issue_key', 'items', 'changed_at']) }}

),

issues as (

    {{ from_trackers('issues', ['issue_id', 'issue_key']) }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- An entry that was exported on its own names its issue by id or by key.
exported_of_issues as (

    select
        exported.tool,
        exported.issue_change_id,
        coalesce(exported.issue_id, issues.issue_id) as issue_id,
        exported.items,
        exported.changed_at
    from exported
    left join issues
        on
            exported.issue_id is null
            and exported.tool = issues.tool
            and exported.issue_key = issues.issue_key

),

-- An entry may come embedded and on its own; it is one entry.
united as (

    select
        tool,
        issue_change_id,
        issue_id,
        items,
        changed_at
    from exported_of_issues
    where issue_id is not null

    {{ union_distinct() }}

    select
        embedded.tool,
        embedded.issue_change_id,
        embedded.issue_id,
        embedded.items,
        embedded.changed_at
    from embedded
    left join exported
        on embedded.issue_change_id = exported.issue_change_id
    where exported.issue_change_id is null

),

final as (

    select
        united.issue_change_id,
        united.issue_id,

        united.tool,
        united.items,

        united.changed_at <= as_of.as_of as is_known,

        united.changed_at

    from united
    cross join as_of

)

select * from final
