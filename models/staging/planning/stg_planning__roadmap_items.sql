with

source as (

    select * from {{ source('raw_planning', 'roadmap_items') }}

),

final as (

    select
        roadmap_item_id || ':' || plan_version_on as roadmap_item_version_id,
        roadmap_item_id,
        team_id,
        objective_id,
        upper(epic_key) as epic_key,

        title,
        planned_quarter,
        lower(commitment) as commitment,
        lower(state) as item_state,

        {{ parse_date('plan_version_on') }} as plan_version_on,
        {{ parse_date('planned_end_on') }} as planned_end_on,

        {{ parse_local_instant('delivered_at') }} as delivered_at

    from source

)

select * from final
