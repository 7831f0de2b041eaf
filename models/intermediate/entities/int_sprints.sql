with

sprints as (

    {{ from_trackers('sprints', [
        'sprint_id', 'sprint_name', 'sprint_state', 'planned_start_at', 'activated_at', 'planned_end_at', 'completed_at',
    ]) }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- The start date of a sprint that was never started is a plan.
begun as (

    select
        sprints.sprint_id,
        sprints.sprint_name,
        coalesce(sprints.activated_at <= as_of.as_of, false) as is_activation_known,
        coalesce(
            sprints.activated_at,
            case when lower(sprints.sprint_state) <> 'future' then sprints.planned_start_at end
        ) as began_at,
        sprints.planned_end_at,
        sprints.completed_at,
        as_of.as_of
    from sprints
    cross join as_of

),

final as (

    select
        sprint_id,

        sprint_name,

        is_activation_known,

        case when began_at <= as_of then began_at end as began_at,
        planned_end_at,
        case when completed_at <= as_of then completed_at end as completed_at

    from begun

)

select * from final
