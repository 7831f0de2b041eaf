with

source as (

    select * from {{ source('raw_meta', 'loads') }}

),

final as (

    select
        load_id,

        tool,
        object,
        source_path,
        notes,

        rows_read,
        rows_landed,
        rows_new,
        rows_updated,
        rows_rejected,

        is_sample,
        is_complete_history,
        is_covers_stated,

        covers_from,
        covers_to,
        landed_at

    from source

)

select * from final
