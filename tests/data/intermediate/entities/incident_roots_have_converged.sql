-- A root that was merged further, and not in a circle back to itself, means that a chain of merges is longer than the
-- rounds of pointer doubling follow.
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
    inner join roots as targets
        on known_merges.target_incident_id = targets.incident_id
    where targets.root_incident_id <> roots.root_incident_id

)

select * from final
