with

test_results as (

    select * from {{ ref('stg_meta__test_results') }}

),

latest_run as (

    select max(tested_at) as tested_at
    from test_results

),

-- One row where a run recorded its tests, none where no run did.
final as (

    select
        test_results.run_id,

        count(*) as test_count,
        sum(case when test_results.status = 'pass' then 0 else 1 end) as failed_count,

        test_results.tested_at

    from test_results
    inner join latest_run
        on test_results.tested_at = latest_run.tested_at
    group by
        test_results.run_id,
        test_results.tested_at

)

select * from final
