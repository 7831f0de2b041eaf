with

services as (

    select * from {{ ref('int_services') }}

),

final as (

    select
        service_id,
        team_id,

        coalesce(service_name, service_id) as service_name,
        repository,
        path_prefix

    from services

)

select * from final
