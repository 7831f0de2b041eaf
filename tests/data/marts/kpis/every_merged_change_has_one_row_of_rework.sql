-- A change counts with a verdict or is left out with a reason, and is rework exactly where something makes it so.
with

pull_requests as (

    select pull_request_id from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

rework as (

    select
        pull_request_id,
        count(*) as row_count,
        {{ every_true("
            is_counted = (excluded_because is null)
            and is_counted = (verdict is not null)
            and (not is_counted or (verdict = 'yes') = (rework_reason is not null))
            and (coalesce(verdict, '') <> 'unknown' or not has_issue)
        ") }} as is_judged
    from {{ ref('kpi_rework_ratio') }}
    group by pull_request_id

),

final as (

    select
        coalesce(pull_requests.pull_request_id, rework.pull_request_id) as pull_request_id,
        rework.row_count
    from pull_requests
    full outer join rework
        on pull_requests.pull_request_id = rework.pull_request_id
    where
        pull_requests.pull_request_id is null
        or coalesce(rework.row_count, 0) <> 1
        or not rework.is_judged

)

select * from final
