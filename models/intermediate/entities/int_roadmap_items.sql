with

items as (

    select * from {{ ref('stg_planning__roadmap_items') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- A plan of later than as_of is not known yet, a delivery after it has not happened.
known as (

    select
        items.roadmap_item_version_id,
        items.roadmap_item_id,
        items.team_id,
        items.objective_id,
        items.epic_key,
        items.title,
        items.planned_quarter,
        items.commitment,
        case
            when items.item_state = 'delivered' and items.delivered_at > as_of.as_of then 'in_progress'
            else items.item_state
        end as item_state,
        items.plan_version_on,
        items.planned_end_on,
        case when items.delivered_at <= as_of.as_of then items.delivered_at end as delivered_at
    from items
    cross join as_of
    where items.plan_version_on <= as_of.as_of_on

),

final as (

    select
        roadmap_item_version_id,
        roadmap_item_id,
        team_id,
        objective_id,
        epic_key,

        title,
        planned_quarter,
        commitment,
        item_state,

        plan_version_on,
        planned_end_on,
        {{ quarter_start('planned_quarter') }} as quarter_start_on,
        {{ add_days(add_months(quarter_start('planned_quarter'), 3), -1) }} as quarter_end_on,

        delivered_at

    from known

)

select * from final
