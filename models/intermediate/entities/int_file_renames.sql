{#-
    Rounds of pointer doubling: each follows twice as many renames as the one before. The other rounds are in
    int_file_segments: an engine that reads a query's parts as often as they are named would plan 2^8 joins for all in one.
-#}
{%- set rounds = 4 -%}

with

path_events as (

    select * from {{ ref('int_file_path_events') }}

),

departures as (

    select
        commit_file_id,
        segment_id
    from path_events
    where change_type = 'L'

),

-- A file that arrives by a rename is the file that left the other path in the same change.
round_0 as (

    select
        arrivals.segment_id,
        departures.segment_id as ancestor_id
    from path_events as arrivals
    inner join departures
        on arrivals.commit_file_id = departures.commit_file_id
    where
        arrivals.is_segment_start
        and arrivals.change_type = 'R'

),
{% for round in range(1, rounds + 1) %}
    round_{{ round }} as (

        select
            pointers.segment_id,
            coalesce(further.ancestor_id, pointers.ancestor_id) as ancestor_id
        from round_{{ round - 1 }} as pointers
        left join round_{{ round - 1 }} as further
            on pointers.ancestor_id = further.segment_id

    ),
{% endfor %}
final as (

    select
        round_0.segment_id,
        round_0.ancestor_id as parent_segment_id,
        round_{{ rounds }}.ancestor_id
    from round_0
    inner join round_{{ rounds }}
        on round_0.segment_id = round_{{ rounds }}.segment_id

)

select * from final
