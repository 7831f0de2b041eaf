{#- Rounds of pointer doubling: a chain of 2^rounds merges is followed; a data test proves that none is longer. -#}
{% set rounds = 5 %}

with

incidents as (

    select * from {{ ref('int_incidents') }}

),

-- A merge into an incident that was not exported leaves the incident on its own.
round_0 as (

    select
        incidents.incident_id,
        coalesce(targets.incident_id, incidents.incident_id) as root_incident_id
    from incidents
    left join incidents as targets
        on incidents.merged_into_incident_id = targets.incident_id

),

{% for round in range(1, rounds + 1) %}
    round_{{ round }} as (

        select
            pointers.incident_id,
            next_pointers.root_incident_id
        from round_{{ round - 1 }} as pointers
        inner join round_{{ round - 1 }} as next_pointers
            on pointers.root_incident_id = next_pointers.incident_id

    ),

{% endfor %}
final as (

    select
        incident_id,
        root_incident_id,
        incident_id <> root_incident_id as is_duplicate
    from round_{{ rounds }}

)

select * from final
