with

source as (

    select * from {{ source('raw_meta', 'test_results') }}

),

final as (

    select
        run_id || ':' || test_id as test_result_id,
        run_id,
        test_id,

        status,
        message,

        failures,

        tested_at

    from source

)

select * from final
