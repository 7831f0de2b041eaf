with

issues as (

    {{ from_trackers('issues', [
        'issue_id', 'assignee_account_id', 'resolution', 'epic_link_key', 'parent_key', 'is_subtask', 'created_at',
    ]) }}

),

changes as (

    select * from {{ ref('int_issue_changes') }}
    where field in ('assignee', 'resolution', 'sprint', 'epic')

),

held_today as (

    select
        issue_id,
        'assignee' as field,
        assignee_account_id as field_value,
        created_at
    from issues

    union all

    select
        issue_id,
        'resolution' as field,
        resolution as field_value,
        created_at
    from issues

    union all

    select
        issue_id,
        'epic' as field,
        coalesce(epic_link_key, case when not is_subtask then parent_key end) as field_value,
        created_at
    from issues

    union all

    -- Today's sprints are rows of their own.
    select
        issue_id,
        'sprint' as field,
        cast(null as {{ raw_type('text') }}) as field_value,
        created_at
    from issues

),

-- Every entry closes the value that it replaced; today's value is not closed.
stays as (

    select
        changes.issue_id,
        changes.field,
        case
            when changes.field in ('assignee', 'sprint') then changes.from_value
            else changes.from_text
        end as field_value,
        changes.change_number,
        0 as today_rank,
        issues.created_at,
        changes.changed_at as to_at
    from changes
    inner join issues
        on changes.issue_id = issues.issue_id

    union all

    select
        issue_id,
        field,
        field_value,
        0 as change_number,
        1 as today_rank,
        created_at,
        cast(null as timestamp) as to_at
    from held_today

),

ordered as (

    select
        *,
        row_number() over (partition by issue_id, field order by today_rank, change_number) as interval_number,
        coalesce(
            lag(to_at) over (partition by issue_id, field order by today_rank, change_number),
            created_at
        ) as from_at
    from stays

),

-- What was held for no time at all was held at no instant.
final as (

    select
        issue_id || ':' || field || ':' || cast(interval_number as {{ raw_type('text') }}) as issue_field_interval_id,
        issue_id,

        field,
        field_value,

        interval_number,

        today_rank = 1 as is_today,

        from_at,
        to_at

    from ordered
    where
        to_at is null
        or to_at > from_at

)

select * from final
