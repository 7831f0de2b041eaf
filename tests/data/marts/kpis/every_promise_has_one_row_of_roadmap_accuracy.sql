-- Counted or left out with a reason: no item of a quarter's frozen roadmap is dropped, none counts twice.
with

promises as (

    select * from {{ ref('int_roadmap_promises') }}

),

promise_rows as (

    select
        roadmap_promise_id,
        count(*) as row_count,
        {{ every_true('is_counted = (excluded_because is null)') }} as is_reasoned
    from {{ ref('kpi_roadmap_accuracy') }}
    group by roadmap_promise_id

)

select
    promises.roadmap_promise_id,
    promise_rows.row_count
from promises
left join promise_rows
    on promises.roadmap_promise_id = promise_rows.roadmap_promise_id
where
    coalesce(promise_rows.row_count, 0) <> 1
    or not promise_rows.is_reasoned
