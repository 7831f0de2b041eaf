-- Renames join on segments: a segment without a start, or with two, would lose or double its file.
with

path_events as (

    select * from {{ ref('int_file_path_events') }}

),

final as (

    select
        segment_id,
        sum(case when is_segment_start then 1 else 0 end) as start_count
    from path_events
    group by segment_id
    having sum(case when is_segment_start then 1 else 0 end) <> 1

)

select * from final
