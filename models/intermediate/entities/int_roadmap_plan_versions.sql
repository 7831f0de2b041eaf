with

items as (

    select * from {{ ref('stg_planning__roadmap_items') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        items.plan_version_on,
        count(*) as item_count
    from items
    cross join as_of
    where items.plan_version_on <= as_of.as_of_on
    group by items.plan_version_on

)

select * from final
