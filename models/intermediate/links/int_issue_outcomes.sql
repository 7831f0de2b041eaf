with

issues as (

    select
        *,
        -- Work began when progress did; where that is unknown, with the creation.
        case when is_start_known then started_at else created_at end as work_began_at,
        {{ add_seconds('finished_at', var('outcome_link_grace_days') * 86400) }} as tied_until_at
    from {{ ref('int_issues') }}
    where is_done

),

issue_epics as (

    select * from {{ ref('int_issue_epics') }}

),

ties as (

    select * from {{ ref('int_outcome_ties') }}

),

outcomes as (

    select * from {{ ref('int_outcomes') }}

),

-- An issue is tied by itself, and by the epic that it belonged to when the grace ended.
work as (

    select
        issue_id,
        issue_id as work_reference,
        false as is_by_epic,
        created_at as belongs_from_at
    from issues

    union all

    select
        issues.issue_id,
        issue_epics.epic_reference as work_reference,
        true as is_by_epic,
        issue_epics.from_at as belongs_from_at
    from issues
    inner join issue_epics
        on issues.issue_id = issue_epics.issue_id
    where
        issue_epics.from_at <= issues.tied_until_at
        and (issue_epics.to_at is null or issue_epics.to_at > issues.tied_until_at)

),

tied as (

    select
        issues.issue_id,
        ties.outcome_id,
        ties.outcome_type,
        case when work.is_by_epic then 'epic_' else '' end || ties.link_method as link_method,
        -- Nobody knows whether the deal was lost by then: that it was not is an assumption.
        case
            when ties.link_method <> 'outcome_field' and outcomes.perhaps_lost_at <= issues.work_began_at
                then 'inferred'
            else ties.confidence
        end as confidence,
        -- An epic's tie is the issue's once the issue is the epic's.
        case
            when ties.linked_at is not null
                then greatest(ties.linked_at, coalesce(work.belongs_from_at, ties.linked_at))
        end as linked_at
    from issues
    inner join work
        on issues.issue_id = work.issue_id
    inner join ties
        on work.work_reference = ties.work_reference
    left join outcomes
        on
            ties.outcome_type = outcomes.outcome_type
            and ties.outcome_id = outcomes.outcome_id
    where
        (ties.linked_at is null or ties.linked_at <= issues.tied_until_at)
        and (ties.unlinked_at is null or ties.unlinked_at > issues.tied_until_at)
        -- The roadmap's path leads through an epic.
        and (work.is_by_epic or ties.link_method <> 'roadmap_item')
        and (outcomes.created_at is null or outcomes.created_at <= issues.tied_until_at)
        -- What the outcome field names need only be known.
        and (
            ties.link_method = 'outcome_field'
            or (
                ties.outcome_type = 'objective'
                and outcomes.active_from_on <= {{ local_date('issues.finished_at') }}
                and outcomes.active_to_on >= {{ local_date('issues.work_began_at') }}
            )
            or (
                ties.outcome_type <> 'objective'
                and (outcomes.lost_at is null or outcomes.lost_at > issues.work_began_at)
            )
        )

),

-- Of several paths to one outcome a dated one is the better evidence.
ranked as (

    select
        *,
        row_number() over (
            partition by issue_id, outcome_type, outcome_id
            order by confidence asc, linked_at asc nulls last, {{ code_point_order('link_method') }} asc
        ) as preference
    from tied

),

final as (

    select
        issue_id || '>' || outcome_type || ':' || outcome_id as issue_outcome_id,
        issue_id,
        outcome_id,

        outcome_type,
        link_method,
        confidence,

        linked_at

    from ranked
    where preference = 1

)

select * from final
