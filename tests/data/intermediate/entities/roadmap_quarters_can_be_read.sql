{{ config(severity='warn') }}

-- A quarter that is not written like 2026-Q1 belongs to no period, and its items to no number.
with

items as (

    select * from {{ ref('stg_planning__roadmap_items') }}

),

baselines as (

    select * from {{ ref('stg_planning__baselines') }}

),

quarters as (

    select planned_quarter from items

    union all

    select planned_quarter from baselines

),

final as (

    select
        planned_quarter,
        count(*) as row_count
    from quarters
    where not {{ matches('planned_quarter', "'^[0-9]{4}-Q[1-4]$'") }}
    group by planned_quarter

)

select * from final
