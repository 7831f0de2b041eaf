with

items as (

    select * from {{ ref('int_roadmap_items') }}

),

baselines as (

    select * from {{ ref('int_roadmap_baselines') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

issue_keys as (

    select * from {{ ref('int_issue_keys') }}

),

issues as (

    select * from {{ ref('int_issues') }}

),

-- From the baseline on, the first plan that lists an item for the quarter: for a promise the baseline itself.
listings as (

    select
        baselines.planned_quarter,
        baselines.has_baseline,
        baselines.quarter_end_on,
        baselines.plan_version_on as baseline_version_on,
        items.roadmap_item_id,
        items.team_id,
        items.epic_key,
        items.title,
        items.commitment,
        items.item_state,
        items.plan_version_on,
        coalesce(items.planned_end_on, baselines.quarter_end_on) as planned_end_on,
        row_number() over (
            partition by baselines.planned_quarter, items.roadmap_item_id
            order by items.plan_version_on
        ) as listing_number
    from baselines
    cross join as_of
    inner join items
        on baselines.planned_quarter = items.planned_quarter
    where
        items.plan_version_on >= baselines.plan_version_on
        -- A quarter that has not come yet may still get its baseline.
        or (not baselines.has_baseline and baselines.baseline_on <= as_of.as_of_on)

),

first_listings as (

    select * from listings
    where listing_number = 1

),

-- What is planned anew once it is late was not planned anew, but late.
replanned as (

    select
        first_listings.planned_quarter,
        first_listings.roadmap_item_id
    from first_listings
    inner join items
        on
            first_listings.roadmap_item_id = items.roadmap_item_id
            and first_listings.plan_version_on < items.plan_version_on
    where
        items.plan_version_on <= {{ add_days('first_listings.planned_end_on', var('roadmap_grace_days')) }}
        and (
            items.planned_quarter <> first_listings.planned_quarter
            or coalesce(items.planned_end_on, items.quarter_end_on) > first_listings.planned_end_on
        )
    group by first_listings.planned_quarter, first_listings.roadmap_item_id

),

final as (

    select
        first_listings.planned_quarter || ':' || first_listings.roadmap_item_id as roadmap_promise_id,
        first_listings.roadmap_item_id,
        first_listings.team_id,

        first_listings.title,
        epics.url,
        first_listings.planned_quarter,
        case
            when not first_listings.has_baseline then 'no_baseline'
            when first_listings.plan_version_on > first_listings.baseline_version_on then 'added_after_baseline'
            when coalesce(first_listings.commitment, '') <> 'committed' then 'aspirational'
            when first_listings.item_state in ('delivered', 'cancelled', 'deferred')
                then first_listings.item_state || '_before_baseline'
        end as excluded_because,

        replanned.roadmap_item_id is not null as is_replanned,

        first_listings.baseline_version_on,
        first_listings.planned_end_on,
        first_listings.quarter_end_on

    from first_listings
    left join replanned
        on
            first_listings.planned_quarter = replanned.planned_quarter
            and first_listings.roadmap_item_id = replanned.roadmap_item_id
    -- A sheet has no pages; what carries the item has one.
    left join issue_keys
        on first_listings.epic_key = issue_keys.issue_key
    left join issues as epics
        on issue_keys.issue_id = epics.issue_id

)

select * from final
