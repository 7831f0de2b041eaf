-- Of the incidents each is a part of exactly one episode, or is shown on its own with the reason why it is in none.
with

incidents as (

    select incident_id from {{ ref('int_incidents') }}

),

episode_incidents as (

    select * from {{ ref('int_episode_incidents') }}

),

restorations as (

    select * from {{ ref('kpi_time_to_restore') }}

),

shown as (

    select
        episode_incidents.incident_id,
        restorations.episode_id
    from episode_incidents
    inner join restorations
        on episode_incidents.episode_id = restorations.episode_id

    union all

    select
        restorations.episode_id as incident_id,
        restorations.episode_id
    from restorations
    left join episode_incidents
        on restorations.episode_id = episode_incidents.incident_id
    where
        episode_incidents.incident_id is null
        and restorations.excluded_because is not null

),

final as (

    select
        incidents.incident_id,
        count(shown.episode_id) as shown_count
    from incidents
    left join shown
        on incidents.incident_id = shown.incident_id
    group by incidents.incident_id
    having count(shown.episode_id) <> 1

)

select * from final
