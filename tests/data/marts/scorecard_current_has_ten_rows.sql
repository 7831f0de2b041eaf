-- The page has ten rows at all times, with data or without.
with

scorecard_current as (

    select * from {{ ref('scorecard_current') }}

),

final as (

    select count(*) as row_count
    from scorecard_current
    having count(*) <> 10 or count(distinct kpi_number) <> 10

)

select * from final
