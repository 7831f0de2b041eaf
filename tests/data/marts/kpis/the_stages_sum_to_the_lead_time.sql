-- Coding, pickup, review and deploy leave nothing out and count nothing twice; none of a counted change is negative.
with

lead_times as (

    select * from {{ ref('kpi_lead_time') }}
    where deployed_at is not null

),

final as (

    select
        pull_request_id,
        lead_seconds,
        coding_seconds,
        pickup_seconds,
        review_seconds,
        deploy_seconds
    from lead_times
    where
        coalesce(
            abs(coding_seconds + pickup_seconds + review_seconds + deploy_seconds - lead_seconds) > 0.000001, true
        )
        or (is_counted and least(coding_seconds, pickup_seconds, review_seconds, deploy_seconds) < 0)

)

select * from final
