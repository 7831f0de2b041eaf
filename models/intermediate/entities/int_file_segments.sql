{%- set doublings = 8 -%}

with

path_events as (

    select * from {{ ref('int_file_path_events') }}

),

starts as (

    select * from path_events
    where is_segment_start

),

departures as (

    select
        commit_file_id,
        segment_id
    from path_events
    where change_type = 'L'

),

-- A file that arrives by a rename is the file that left the other path in the same change.
pointers_0 as (

    select
        starts.segment_id,
        coalesce(departures.segment_id, starts.segment_id) as ancestor_id
    from starts
    left join departures
        on
            starts.commit_file_id = departures.commit_file_id
            and starts.change_type = 'R'

),
{% for doubling in range(1, doublings + 1) %}
    pointers_{{ doubling }} as (

        select
            pointers_{{ doubling - 1 }}.segment_id,
            further.ancestor_id
        from pointers_{{ doubling - 1 }}
        inner join pointers_{{ doubling - 1 }} as further
            on pointers_{{ doubling - 1 }}.ancestor_id = further.segment_id

    ),
{% endfor %}
final as (

    select
        starts.segment_id,
        pointers_0.ancestor_id as parent_segment_id,
        pointers_{{ doublings }}.ancestor_id as file_id,
        starts.commit_id,
        starts.repository,

        starts.path,

        starts.segment_number,
        starts.history_position as started_position,

        starts.integrated_month_on as started_month_on

    from starts
    inner join pointers_0
        on starts.segment_id = pointers_0.segment_id
    inner join pointers_{{ doublings }}
        on starts.segment_id = pointers_{{ doublings }}.segment_id

)

select * from final
