-- Two stays of one field that overlap would give an instant two answers.
with

field_intervals as (

    select
        *,
        max(coalesce(to_at, cast('9999-12-31' as timestamp))) over (
            partition by issue_id, field
            order by from_at
            rows between unbounded preceding and 1 preceding
        ) as held_until_before
    from {{ ref('int_issue_field_intervals') }}

)

select *
from field_intervals
where held_until_before > from_at
