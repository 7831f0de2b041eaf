-- A verdict and a reason to leave out exclude each other, and every row has one of them.
with

change_failures as (

    select * from {{ ref('kpi_change_failure_rate') }}

),

final as (

    select
        deployment_id,
        verdict,
        excluded_because
    from change_failures
    where
        is_counted <> (excluded_because is null)
        or (verdict is null) <> (excluded_because is not null)
        or (is_immature and not is_counted)

)

select * from final
