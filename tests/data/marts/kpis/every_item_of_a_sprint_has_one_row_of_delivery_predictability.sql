-- Counted or left out with a reason: no item that a sprint ever held is dropped, none counts twice in it.
with

sprint_items as (

    select
        memberships.issue_id,
        memberships.sprint_id
    from {{ ref('int_issue_sprint_memberships') }} as memberships
    inner join {{ ref('int_sprints') }} as sprints
        on memberships.sprint_id = sprints.sprint_id
    inner join {{ ref('int_issues') }} as issues
        on memberships.issue_id = issues.issue_id
    group by memberships.issue_id, memberships.sprint_id

),

item_rows as (

    select
        issue_id,
        sprint_id,
        count(*) as row_count,
        {{ every_true('is_counted = (excluded_because is null)') }} as is_reasoned
    from {{ ref('kpi_delivery_predictability') }}
    where measure = 'sprint'
    group by issue_id, sprint_id

)

select
    sprint_items.issue_id,
    sprint_items.sprint_id,
    item_rows.row_count
from sprint_items
left join item_rows
    on
        sprint_items.issue_id = item_rows.issue_id
        and sprint_items.sprint_id = item_rows.sprint_id
where
    coalesce(item_rows.row_count, 0) <> 1
    or not item_rows.is_reasoned
