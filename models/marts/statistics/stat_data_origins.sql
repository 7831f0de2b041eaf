with

source_coverage as (

    select * from {{ ref('int_source_coverage') }}

),

final as (

    -- One sample load is enough: nothing may pass a sample off as real.
    select
        case
            when count(*) = 0 then 'none'
            when {{ any_true('is_sample') }} then 'sample'
            else 'own'
        end as data_origin
    from source_coverage

)

select * from final
