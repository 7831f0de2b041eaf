-- A promise that counts has a verdict or is not due; a miss has a reason and a hit none; nothing else has either.
with

promises as (

    select * from {{ ref('kpi_roadmap_accuracy') }}

),

final as (

    select * from promises
    where
        is_counted <> (excluded_because is null)
        or (not is_counted and (verdict is not null or miss_reason is not null or is_immature))
        or (is_counted and not is_immature and verdict is null)
        or coalesce(verdict = 'no', false) <> (miss_reason is not null)
        or (verdict = 'yes' and delivered_on is null)
        or (is_counted and baseline_version_on is null)
        or (is_counted and slip_days <= 0 and coalesce(verdict, '') <> 'yes')

)

select * from final
