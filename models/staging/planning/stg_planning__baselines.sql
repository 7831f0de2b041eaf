with

source as (

    select * from {{ source('raw_planning', 'baselines') }}

),

final as (

    select
        planned_quarter,

        {{ parse_date('baseline_date') }} as baseline_on

    from source

)

select * from final
