with

source as (

    select * from {{ source('raw_planning', 'services') }}

),

-- `./src/` is `src`.
rooted as (

    select
        *,
        case when path_prefix like './%' then substring(path_prefix, 3) else path_prefix end as path_from_root
    from source

),

final as (

    select
        service_id,
        team_id,

        coalesce(name, service_id) as service_name,
        lower(repository) as repository,
        nullif({{ trim_characters('path_from_root', '/') }}, '') as path_prefix,
        deployment_environment,
        incident_service

    from rooted

)

select * from final
