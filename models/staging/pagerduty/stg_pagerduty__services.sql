with

source as (

    select * from {{ source('raw_pagerduty', 'services') }}

),

final as (

    select
        id as incident_service_id,

        coalesce(name, summary) as incident_service_name

    from source

)

select * from final
