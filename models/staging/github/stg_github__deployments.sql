with

source as (

    select * from {{ source('raw_github', 'deployments') }}

),

final as (

    select
        'github:' || cast(id as {{ raw_type('text') }}) as deployment_job_id,
        lower({{ first_match('repository_url', '/repos/([^/]+/[^/]+)$') }}) as repository,
        lower({{ json_text('creator', 'login') }}) as creator_login,
        sha,

        cast(id as {{ raw_type('text') }}) as native_id,
        ref,
        environment,
        url,

        {{ parse_instant('created_at') }} as created_at

    from source

)

select * from final
