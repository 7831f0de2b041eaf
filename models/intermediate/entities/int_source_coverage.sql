with

loads as (

    select * from {{ ref('stg_meta__loads') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

spans as (

    select
        tool,
        object,
        min(covers_from) as covers_from,
        max(covers_to) as covers_to,
        {{ any_true('is_sample') }} as is_sample,
        {{ every_true('coalesce(is_complete_history, true)') }} as is_complete_history
    from loads
    where rows_landed > 0 or is_covers_stated
    group by tool, object

),

final as (

    select
        spans.tool || '.' || spans.object as source_object_id,
        spans.tool,
        spans.object,

        spans.is_sample,
        spans.is_complete_history,

        spans.covers_from,
        -- `least` passes over NULL, and an object without an instant covers nothing.
        case when spans.covers_to is not null then least(spans.covers_to, as_of.as_of) end as covers_to

    from spans
    cross join as_of

)

select * from final
