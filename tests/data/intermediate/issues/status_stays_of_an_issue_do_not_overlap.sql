-- One stay ends where the next begins, and only the last one is still held.
with

status_intervals as (

    select
        *,
        lead(from_at) over (partition by issue_id order by interval_number) as next_from_at
    from {{ ref('int_issue_status_intervals') }}

)

select *
from status_intervals
where to_at is distinct from next_from_at
