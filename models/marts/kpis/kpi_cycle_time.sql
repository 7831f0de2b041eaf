with

cycles as (

    select * from {{ ref('int_issue_cycles') }}

),

issues as (

    select * from {{ ref('int_issues') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

-- Work in progress ages against what 85 % of the issues finished in the last 90 days needed.
ageing_threshold as (

    select {{ percentile('cycles.cycle_seconds', 0.85) }} as threshold_seconds
    from cycles
    cross join as_of
    where
        cycles.excluded_because is null
        and cycles.verdict is null
        and cycles.finished_at >= {{ add_seconds('as_of.as_of', -90 * 86400) }}

),

judged as (

    select
        cycles.*,
        cycles.excluded_because is null as is_counted,
        cycles.excluded_because is null and cycles.finished_at is null as is_open,
        {{ seconds_between('cycles.started_at', 'as_of.as_of') }} as age_seconds
    from cycles
    cross join as_of

),

final as (

    select
        judged.issue_id,
        judged.team_id,

        issues.issue_key,
        coalesce(masked_texts.masked_text, issues.title) as title,
        issues.url,
        issues.issue_type,
        judged.verdict,
        judged.excluded_because,

        judged.cycle_seconds,
        judged.cycle_seconds / 86400 as cycle_days,
        case when judged.is_open then judged.age_seconds / 86400 end as age_days,
        case when judged.is_open then ageing_threshold.threshold_seconds / 86400 end as ageing_threshold_days,

        judged.is_counted,
        judged.is_open,
        coalesce(judged.is_open and judged.age_seconds > ageing_threshold.threshold_seconds, false) as is_ageing,
        issues.is_history_complete,
        judged.is_finish_inferred as is_inferred,

        issues.created_at,
        judged.started_at,
        case when judged.is_counted then judged.started_at end as open_from_at,
        judged.finished_at

    from judged
    cross join ageing_threshold
    inner join issues
        on judged.issue_id = issues.issue_id
    left join masked_texts
        on issues.title = masked_texts.shown_text

)

select * from final
