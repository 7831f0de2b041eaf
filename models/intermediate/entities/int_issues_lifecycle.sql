with

issues as (

    select * from {{ ref('int_issues_as_of') }}

),

exported as (

    {{ from_trackers('issue_changelogs', ['issue_change_id']) }}

),

-- Counted before as_of is looked at: a stated total speaks of the export.
history_counts as (

    select
        issue_id,
        count(*) as history_count
    from {{ ref('int_issue_histories') }}
    group by issue_id

),

exported_counts as (

    select
        tool,
        count(*) as exported_count
    from exported
    group by tool

),

intervals as (

    select
        *,
        lag(status_category) over (partition by issue_id order by interval_number) as category_before,
        max(case when coalesce(status_category, '') <> 'done' then interval_number else 0 end) over (
            partition by issue_id
        ) as last_undone_number,
        max(interval_number) over (partition by issue_id) as last_number,
        min(case when status_category = 'in_progress' then interval_number end) over (
            partition by issue_id
        ) as first_in_progress_number
    from {{ ref('int_issue_status_intervals') }}

),

lives as (

    select
        issue_id,
        max(last_undone_number) as last_undone_number,
        max(case when interval_number = last_number then status_name end) as status_name,
        max(case when interval_number = last_number then status_category end) as status_category,
        max(case when interval_number = last_number then cancelled_because end) as cancelled_because,
        -- A status that nothing says the category of may have been progress.
        {{ any_true('
            status_category is null
            and interval_number < coalesce(first_in_progress_number, last_number + 1)
        ') }} as is_category_missing,
        min(case when interval_number = first_in_progress_number then from_at end) as first_in_progress_at,
        min(case when interval_number = last_undone_number + 1 then from_at end) as finished_at,
        min(
            case when category_before = 'done' and coalesce(status_category, '') <> 'done' then from_at end
        ) as first_reopened_at
    from intervals
    group by issue_id

),

judged as (

    select
        issues.issue_id,
        lives.status_name,
        lives.status_category,
        lives.cancelled_because,
        case
            when issues.changelog_total is not null
                then coalesce(history_counts.history_count, 0) >= issues.changelog_total
            -- Nothing states a total: a history was exported embedded or on its own, or there is none at all.
            else issues.changelog_embedded_count is not null or exported_counts.exported_count is not null
        end as is_history_complete,
        lives.is_category_missing,
        lives.last_undone_number,
        lives.first_in_progress_at,
        lives.finished_at,
        lives.first_reopened_at,
        issues.resolved_at
    from issues
    inner join lives
        on issues.issue_id = lives.issue_id
    left join exported_counts
        on issues.tool = exported_counts.tool
    left join history_counts
        on issues.issue_id = history_counts.issue_id

),

final as (

    select
        issue_id,

        status_name,
        status_category,
        cancelled_because,

        finished_at is not null as is_done,
        coalesce(status_category = 'todo', false) and first_in_progress_at is not null as is_back_in_todo,
        is_history_complete,
        is_history_complete
        and not is_category_missing
        and first_in_progress_at is not null as is_start_known,
        -- Of a history that was cut short, the entry that finished it may be missing.
        finished_at is not null
        and not is_history_complete
        and last_undone_number = 0
        and resolved_at is not null as is_finish_inferred,

        case
            when is_history_complete and not is_category_missing then first_in_progress_at
        end as started_at,
        case
            when not is_history_complete and last_undone_number = 0 and finished_at is not null
                then coalesce(resolved_at, finished_at)
            else finished_at
        end as finished_at,
        first_reopened_at

    from judged

)

select * from final
