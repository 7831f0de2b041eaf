-- A root that was merged further means that a chain of merges is longer than the rounds of pointer doubling follow,
-- or that merges go in a circle.
with

roots as (

    select * from {{ ref('int_incident_roots') }}

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

known_merges as (

    select
        incidents.incident_id,
        targets.incident_id as target_incident_id
    from incidents
    inner join incidents as targets
        on incidents.merged_into_incident_id = targets.incident_id

),

final as (

    select
        roots.incident_id,
        roots.root_incident_id,
        known_merges.target_incident_id
    from roots
    inner join known_merges
        on roots.root_incident_id = known_merges.incident_id

)

select * from final
