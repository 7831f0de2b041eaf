with

loads as (

    select * from {{ ref('stg_meta__loads') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- A span that was stated says something also where no row came.
spans as (

    select
        tool,
        object,
        max(covers_to) as covers_to
    from loads
    where rows_landed > 0 or is_covers_stated
    group by tool, object

),

objects as (

    select
        tool,
        object,
        sum(rows_new) as rows_landed,
        sum(rows_read) as rows_read,
        sum(rows_rejected) as rows_rejected,
        max(landed_at) as last_landed_at
    from loads
    group by tool, object

),

newest as (

    select max(landed_at) as newest_landing_at
    from loads

),

final as (

    select
        objects.tool || '.' || objects.object as source_object_id,
        objects.tool,
        objects.object,

        cast(objects.rows_landed as bigint) as rows_landed,
        cast(objects.rows_read as bigint) as rows_read,
        cast(objects.rows_rejected as bigint) as rows_rejected,

        objects.last_landed_at,
        newest.newest_landing_at,
        spans.covers_to,
        as_of.as_of

    from objects
    cross join as_of
    cross join newest
    left join spans
        on
            objects.tool = spans.tool
            and objects.object = spans.object

)

select * from final
