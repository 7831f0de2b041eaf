-- A row either counts, with a verdict and an instant, or is left out with a reason; a miss says why.
select *
from {{ ref('kpi_delivery_predictability') }}
where
    (is_counted and (verdict is null or occurred_at is null))
    or (not is_counted and (verdict is not null or excluded_because is null))
    or coalesce(verdict = 'no', false) <> (missed_because is not null)
    or (coalesce(verdict, '') = 'yes' and measure = 'sprint' and not is_done_at_close)
