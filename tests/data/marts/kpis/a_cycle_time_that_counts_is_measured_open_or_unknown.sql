-- No negative duration is used, and what counts is exactly one of measured, open and unknown.
select *
from {{ ref('kpi_cycle_time') }}
where
    is_counted
    and (
        case when cycle_seconds is not null then 1 else 0 end
        + case when is_open then 1 else 0 end
        + case when coalesce(verdict, '') = 'unknown' then 1 else 0 end <> 1
        or cycle_seconds < 0
        or (is_open and started_at is null)
    )
