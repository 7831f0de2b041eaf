-- What counts lasted from its start to its end, or has no end yet; what is left out says why.
with

restorations as (

    select * from {{ ref('kpi_time_to_restore') }}

),

final as (

    select * from restorations
    where
        is_counted <> (excluded_because is null)
        or is_open <> (is_counted and restored_at is null)
        or (is_counted and not is_open and coalesce(restore_seconds, -1) < 0)
        or (restored_at is null and restore_seconds is not null)

)

select * from final
