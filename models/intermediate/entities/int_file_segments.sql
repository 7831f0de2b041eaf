{#- Four rounds of pointer doubling, on top of the four of int_file_renames: up to 256 renames in a row. -#}
{%- set rounds = 4 -%}

with

starts as (

    select * from {{ ref('int_file_path_events') }}
    where is_segment_start

),

round_0 as (

    select * from {{ ref('int_file_renames') }}

),
{% for round in range(1, rounds + 1) %}
    round_{{ round }} as (

        select
            pointers.segment_id,
            pointers.parent_segment_id,
            coalesce(further.ancestor_id, pointers.ancestor_id) as ancestor_id
        from round_{{ round - 1 }} as pointers
        left join round_{{ round - 1 }} as further
            on pointers.ancestor_id = further.segment_id

    ),
{% endfor %}
-- A segment that no rename began is where its file began.
final as (

    select
        starts.segment_id,
        coalesce(round_{{ rounds }}.parent_segment_id, starts.segment_id) as parent_segment_id,
        coalesce(round_{{ rounds }}.ancestor_id, starts.segment_id) as file_id,
        starts.commit_id,
        starts.repository,

        starts.path,

        starts.segment_number,
        starts.history_position as started_position,

        starts.integrated_month_on as started_month_on

    from starts
    left join round_{{ rounds }}
        on starts.segment_id = round_{{ rounds }}.segment_id

)

select * from final
