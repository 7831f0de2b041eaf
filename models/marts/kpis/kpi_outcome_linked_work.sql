with

completed_work as (

    select * from {{ ref('int_completed_work') }}

),

issue_outcomes as (

    select * from {{ ref('int_issue_outcomes') }}

),

coverage as (

    select * from {{ ref('int_role_coverage') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

-- A tie can only be seen as far as every export reaches that could hold one; changes wait with the issues.
seen_until as (

    select least(max(as_of.as_of), coalesce(min(coverage.covers_to), max(as_of.as_of))) as seen_until_at
    from as_of
    left join coverage
        on coverage.role in ('issues', 'changes', 'crm')

),

best_ties as (

    select
        *,
        count(*) over (partition by issue_id) as outcome_count,
        row_number() over (
            partition by issue_id
            order by
                confidence asc, linked_at asc nulls last, outcome_type asc, {{ code_point_order('outcome_id') }} asc
        ) as preference
    from issue_outcomes

),

judged as (

    select
        completed_work.*,
        best_ties.outcome_id,
        best_ties.outcome_type,
        best_ties.link_method,
        coalesce(best_ties.outcome_count, 0) as outcome_count,
        coalesce(best_ties.confidence = 'inferred', false) as is_inferred,
        seen_until.seen_until_at
    from completed_work
    cross join seen_until
    left join best_ties
        on
            completed_work.work_type = 'issue'
            and completed_work.work_id = best_ties.issue_id
            and best_ties.preference = 1

),

-- What people read names nobody.
shown as (

    select
        judged.*,
        coalesce(masked_texts.masked_text, judged.title) as shown_title
    from judged
    left join masked_texts
        on judged.title = masked_texts.shown_text

),

final as (

    select
        work_id,
        team_id,
        service_id,
        outcome_id,

        work_type,
        shown_title as title,
        url,
        case
            when excluded_because is not null then null
            when outcome_count > 0 then 'yes'
            else 'no'
        end as verdict,
        outcome_type,
        link_method,
        excluded_because,

        outcome_count,

        excluded_because is null as is_counted,
        excluded_because is null
        and {{ seconds_between('completed_at', 'seen_until_at') }}
        < {{ var('outcome_link_grace_days') }} * 86400 as is_immature,
        excluded_because is null and is_inferred as is_inferred,
        is_keeping_the_lights_on,

        started_at,
        completed_at

    from shown

)

select * from final
