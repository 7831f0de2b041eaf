with

published_numbers as (

    select * from {{ ref('stg_meta__publications') }}

),

final as (

    select
        publication_id,

        count(*) as number_count,

        max(published_at) as published_at

    from published_numbers
    group by publication_id

)

select * from final
