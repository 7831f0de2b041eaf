with

issues as (

    select * from {{ ref('int_issues') }}

),

judged as (

    select
        *,
        coalesce(
            case when is_of_bot then 'bot' end,
            not_standard_because,
            case when cancelled_because in ('wont_do', 'duplicate', 'cannot_reproduce') then cancelled_because end
        ) as left_out_because,
        {{ seconds_between('started_at', 'finished_at') }} as cycle_seconds
    from issues

),

final as (

    select
        issue_id,
        team_id,

        case
            when left_out_because is null and is_done and not is_start_known then 'unknown'
        end as verdict,
        case
            when left_out_because is not null then left_out_because
            when is_done and cycle_seconds < 0 then 'negative_duration'
            when is_done then null
            when status_category is null then 'status_without_category'
            when not is_history_complete then 'start_unknown'
            when started_at is null and status_category = 'in_progress' then 'start_unknown'
            when started_at is null then 'not_started'
            when is_back_in_todo then 'back_in_todo'
        end as excluded_because,

        cycle_seconds,

        is_finish_inferred,

        started_at,
        finished_at

    from judged

)

select * from final
