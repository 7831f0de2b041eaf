{#-
    Rounds of pointer doubling: a chain of 2^rounds merges is followed; a data test proves that none is longer.
    Merges that go in a circle have no last incident: the smallest id of those in the circle stands for them.
-#}
{% set rounds = 5 %}

with

incidents as (

    select * from {{ ref('int_incidents') }}

),

-- A merge into an incident that was not exported leaves the incident on its own.
round_0 as (

    select
        incidents.incident_id,
        coalesce(targets.incident_id, incidents.incident_id) as root_incident_id,
        incidents.incident_id as smallest_passed_id
    from incidents
    left join incidents as targets
        on incidents.merged_into_incident_id = targets.incident_id

),

{% for round in range(1, rounds + 1) %}
    round_{{ round }} as (

        select
            pointers.incident_id,
            next_pointers.root_incident_id,
            least(pointers.smallest_passed_id, next_pointers.smallest_passed_id) as smallest_passed_id
        from round_{{ round - 1 }} as pointers
        inner join round_{{ round - 1 }} as next_pointers
            on pointers.root_incident_id = next_pointers.incident_id

    ),

{% endfor %}
-- A chain ends in an incident that points to itself; what it passes from there on is that incident alone.
ended as (

    select
        pointers.incident_id,
        ends.smallest_passed_id as root_incident_id
    from round_{{ rounds }} as pointers
    inner join round_{{ rounds }} as ends
        on pointers.root_incident_id = ends.incident_id

),

final as (

    select
        incident_id,
        root_incident_id,
        incident_id <> root_incident_id as is_duplicate
    from ended

)

select * from final
