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
        -- The API names no page of its own for a deployment; the page of its commit is the nearest a person can open.
        replace(replace(repository_url, '://api.github.com/repos/', '://github.com/'), '/api/v3/repos/', '/')
        || '/commit/' || sha as url,

        {{ parse_instant('created_at') }} as created_at

    from source

)

select * from final
