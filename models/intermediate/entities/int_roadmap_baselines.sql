with

items as (

    select * from {{ ref('int_roadmap_items') }}

),

plan_versions as (

    select * from {{ ref('int_roadmap_plan_versions') }}

),

stated_baselines as (

    select * from {{ ref('stg_planning__baselines') }}

),

quarters as (

    select
        planned_quarter,
        min(quarter_start_on) as quarter_start_on,
        min(quarter_end_on) as quarter_end_on
    from items
    group by planned_quarter

),

dated as (

    select
        quarters.planned_quarter,
        quarters.quarter_start_on,
        quarters.quarter_end_on,
        coalesce(stated_baselines.baseline_on, quarters.quarter_start_on) as baseline_on
    from quarters
    left join stated_baselines
        on quarters.planned_quarter = stated_baselines.planned_quarter

),

-- Quarters and plan versions are few: pairing them is a calendar look-up, no join between events.
versions as (

    select
        dated.planned_quarter,
        max(plan_versions.plan_version_on) as plan_version_on
    from dated
    inner join plan_versions
        on
            dated.baseline_on >= plan_versions.plan_version_on
            and {{ add_days('dated.baseline_on', -92) }} <= plan_versions.plan_version_on
    group by dated.planned_quarter

),

final as (

    select
        dated.planned_quarter,

        versions.plan_version_on is not null as has_baseline,

        dated.quarter_start_on,
        dated.quarter_end_on,
        dated.baseline_on,
        versions.plan_version_on

    from dated
    left join versions
        on dated.planned_quarter = versions.planned_quarter

)

select * from final
