with

items as (

    select * from {{ ref('int_roadmap_items') }}

),

plan_versions as (

    select * from {{ ref('int_roadmap_plan_versions') }}

),

newest_plan as (

    select max(plan_version_on) as plan_version_on
    from plan_versions

),

-- Of several plans the newest that lists the item says how it stands, and the newest date given is the right one.
listings as (

    select
        *,
        row_number() over (partition by roadmap_item_id order by plan_version_on desc) as newest_number,
        row_number() over (
            partition by roadmap_item_id, item_state = 'delivered' and delivered_at is not null
            order by plan_version_on desc
        ) as newest_dated_number
    from items

),

summed as (

    select
        roadmap_item_id,
        max(case when newest_number = 1 then item_state end) as last_state,
        max(plan_version_on) as last_planned_on,
        min(case when item_state = 'delivered' then plan_version_on end) as first_said_on,
        max(
            case when item_state = 'delivered' and newest_dated_number = 1 then delivered_at end
        ) as stated_delivered_at
    from listings
    group by roadmap_item_id

),

-- Delivered without a date: delivered by the day of the first plan that says so.
final as (

    select
        summed.roadmap_item_id,

        summed.last_state,

        summed.last_state = 'delivered' as is_delivered,
        summed.last_state = 'delivered' and summed.stated_delivered_at is null as is_inferred,
        summed.last_planned_on < newest_plan.plan_version_on as is_dropped,

        case
            when summed.last_state = 'delivered'
                then coalesce({{ local_date('summed.stated_delivered_at') }}, summed.first_said_on)
        end as delivered_on,

        case when summed.last_state = 'delivered' then summed.stated_delivered_at end as delivered_at

    from summed
    cross join newest_plan

)

select * from final
