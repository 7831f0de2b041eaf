with

promises as (

    select * from {{ ref('int_roadmap_promises') }}

),

deliveries as (

    select * from {{ ref('int_roadmap_deliveries') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

coverage as (

    select * from {{ ref('int_role_coverage') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

-- A delivery can only be seen as far as the roadmap sheet reaches.
seen_until as (

    select
        {{ local_date('least(max(as_of.as_of), coalesce(min(coverage.covers_to), max(as_of.as_of)))') }}
            as seen_until_on
    from as_of
    left join coverage
        on coverage.role = 'roadmap'

),

due as (

    select
        promises.*,
        deliveries.is_delivered,
        deliveries.is_inferred,
        deliveries.is_dropped,
        deliveries.last_state,
        deliveries.delivered_on,
        deliveries.delivered_at,
        {{ add_days('promises.planned_end_on', var('roadmap_grace_days')) }} as due_on
    from promises
    inner join deliveries
        on promises.roadmap_item_id = deliveries.roadmap_item_id

),

judged as (

    select
        due.*,
        due.excluded_because is null as is_counted,
        due.excluded_because is null and due.due_on >= seen_until.seen_until_on as is_immature,
        case
            when due.excluded_because is not null then null
            when due.delivered_on <= due.due_on then 'yes'
            when due.due_on >= seen_until.seen_until_on then null
            else 'no'
        end as verdict
    from due
    cross join seen_until

),

-- What people read names nobody.
shown as (

    select
        judged.*,
        coalesce(masked_texts.masked_text, judged.title) as shown_title
    from judged
    left join masked_texts
        on judged.title = masked_texts.shown_text

),

final as (

    select
        roadmap_promise_id,
        roadmap_item_id,
        team_id,

        shown_title as title,
        url,
        planned_quarter,
        verdict,
        case
            when verdict = 'yes' or verdict is null then null
            when last_state in ('cancelled', 'deferred') then last_state
            when is_replanned then 'replanned'
            when is_dropped and not is_delivered then 'dropped'
            else 'late'
        end as miss_reason,
        excluded_because,

        {{ days_between('planned_end_on', 'delivered_on') }} as slip_days,

        is_counted,
        is_immature,
        is_inferred,

        baseline_version_on,
        planned_end_on,
        quarter_end_on,
        delivered_on,

        delivered_at

    from shown

)

select * from final
