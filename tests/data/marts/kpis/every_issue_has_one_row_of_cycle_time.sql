-- Counted or left out with a reason: no issue is dropped, none counts twice.
with

issues as (

    select * from {{ ref('int_issues') }}

),

cycle_rows as (

    select
        issue_id,
        count(*) as row_count,
        {{ every_true('is_counted = (excluded_because is null)') }} as is_reasoned
    from {{ ref('kpi_cycle_time') }}
    group by issue_id

)

select
    issues.issue_id,
    cycle_rows.row_count
from issues
left join cycle_rows
    on issues.issue_id = cycle_rows.issue_id
where
    coalesce(cycle_rows.row_count, 0) <> 1
    or not cycle_rows.is_reasoned
