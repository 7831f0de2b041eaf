-- A file's id is a segment that points to itself: one that points further was renamed more often than pointers were doubled.
with

segments as (

    select * from {{ ref('int_file_segments') }}

),

final as (

    select
        segments.segment_id,
        segments.file_id,
        origins.parent_segment_id
    from segments
    left join segments as origins
        on segments.file_id = origins.segment_id
    where origins.segment_id is null or origins.parent_segment_id <> origins.segment_id

)

select * from final
