with

source as (

    select * from {{ source('raw_planning', 'services') }}

),

final as (

    select
        service_id,
        team_id,

        coalesce(name, service_id) as service_name,
        lower(repository) as repository,
        nullif(trim(path_prefix, '/'), '') as path_prefix,
        deployment_environment,
        incident_service

    from source

)

select * from final
