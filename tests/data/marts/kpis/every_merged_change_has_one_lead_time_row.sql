-- Every merged pull request is in the lead times once, counted or left out with its reason, and nothing else is.
with

pull_requests as (

    select pull_request_id from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

lead_times as (

    select pull_request_id from {{ ref('kpi_lead_time') }}

),

united as (

    select
        pull_request_id,
        1 as merged_count,
        0 as lead_time_count
    from pull_requests

    union all

    select
        pull_request_id,
        0 as merged_count,
        1 as lead_time_count
    from lead_times

),

final as (

    select
        pull_request_id,
        sum(merged_count) as merged_count,
        sum(lead_time_count) as lead_time_count
    from united
    group by pull_request_id
    having sum(merged_count) <> 1 or sum(lead_time_count) <> 1

)

select * from final
