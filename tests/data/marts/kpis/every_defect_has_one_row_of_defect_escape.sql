-- A defect counts with a verdict or is left out with a reason.
with

defects as (

    select * from {{ ref('int_issues') }}
    where is_defect

),

escape_rows as (

    select
        issue_id,
        count(*) as row_count,
        {{ every_true('(verdict is not null) = is_counted and is_counted = (excluded_because is null)') }} as is_judged
    from {{ ref('kpi_defect_escape') }}
    group by issue_id

)

select
    defects.issue_id,
    escape_rows.row_count
from defects
left join escape_rows
    on defects.issue_id = escape_rows.issue_id
where
    coalesce(escape_rows.row_count, 0) <> 1
    or not escape_rows.is_judged
