with

issue_sprint_states as (

    select * from {{ ref('int_issue_sprint_states') }}

),

service_levels as (

    select * from {{ ref('int_issue_service_levels') }}

),

issues as (

    select * from {{ ref('int_issues') }}

),

coverage as (

    select * from {{ ref('int_role_coverage') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

-- What became of an item is known only as far as the export of issues reaches.
issues_known_until as (

    select min(covers_to) as known_until_at
    from coverage
    where role = 'issues'

),

sprint_items as (

    select
        issue_sprint_states.*,
        issues.not_standard_because,
        issues.not_standard_because is null
        and not issue_sprint_states.is_of_bot
        and issue_sprint_states.is_in_at_close
        and issue_sprint_states.is_closed_at_close
        and issue_sprint_states.cancelled_because_at_close is null as is_done_at_close,
        coalesce(
            issue_sprint_states.completed_at > issues_known_until.known_until_at, false
        ) as is_immature
    from issue_sprint_states
    cross join issues_known_until
    inner join issues
        on issue_sprint_states.issue_id = issues.issue_id

),

sprint_exclusions as (

    select
        *,
        case
            when is_of_bot then 'bot'
            when not_standard_because is not null then not_standard_because
            when began_at is null or completed_at is null then 'sprint_not_completed'
            when not is_in_at_start and is_in_at_close then 'added_after_start'
            when not is_in_at_start then 'not_in_sprint_at_start'
            when is_done_at_start then 'done_before_start'
        end as excluded_because
    from sprint_items

),

-- Carried over: an earlier sprint had closed without the item that was committed in it.
sprint_verdicts as (

    select
        *,
        excluded_because is null
        and coalesce(
            min(case when excluded_because is null and not is_done_at_close then completed_at end)
                over (partition by issue_id)
            <= began_at,
            false
        ) as is_carried_over
    from sprint_exclusions

),

united as (

    select
        issue_sprint_id as delivery_predictability_id,
        issue_id,
        sprint_id,
        team_id,
        'sprint' as measure,
        case
            when excluded_because is not null then null
            when is_done_at_close then 'yes'
            else 'no'
        end as verdict,
        case
            when excluded_because is not null or is_done_at_close then null
            when not is_in_at_close then 'removed'
            when is_closed_at_close then 'cancelled'
            when is_reopened_by_close then 'reopened'
            else 'not_done'
        end as missed_because,
        excluded_because,
        cast(null as {{ raw_type('double precision') }}) as threshold_seconds,
        excluded_because is null and is_immature as is_immature,
        not is_activation_known as is_inferred,
        coalesce(excluded_because = 'added_after_start', false) as is_added,
        is_done_at_close,
        is_carried_over,
        began_at as started_at,
        completed_at as ended_at,
        completed_at as occurred_at
    from sprint_verdicts

    union all

    select
        'service_level:' || issue_id as delivery_predictability_id,
        issue_id,
        cast(null as {{ raw_type('text') }}) as sprint_id,
        team_id,
        'service_level' as measure,
        verdict,
        case when verdict = 'no' then 'past_service_level' end as missed_because,
        excluded_because,
        threshold_seconds,
        false as is_immature,
        false as is_inferred,
        false as is_added,
        false as is_done_at_close,
        false as is_carried_over,
        started_at,
        finished_at as ended_at,
        judged_at as occurred_at
    from service_levels

),

final as (

    select
        united.delivery_predictability_id,
        united.issue_id,
        united.sprint_id,
        united.team_id,

        united.measure,
        issues.issue_key,
        coalesce(masked_texts.masked_text, issues.title) as title,
        issues.url,
        united.verdict,
        united.missed_because,
        united.excluded_because,

        united.threshold_seconds / 86400 as threshold_days,

        united.excluded_because is null as is_counted,
        united.is_immature,
        united.is_inferred,
        united.is_added,
        united.is_done_at_close,
        united.is_carried_over,

        united.started_at,
        united.ended_at,
        united.occurred_at

    from united
    inner join issues
        on united.issue_id = issues.issue_id
    left join masked_texts
        on issues.title = masked_texts.shown_text

)

select * from final
