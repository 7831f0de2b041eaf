with

source as (

    select * from {{ source('raw_github', 'deployment_statuses') }}

),

final as (

    select
        'github:' || cast(id as {{ raw_type('text') }}) as deployment_status_id,
        'github:' || {{ first_match('deployment_url', '/deployments/([0-9]+)$') }} as deployment_job_id,

        lower(state) as deployment_state,

        {{ parse_instant('created_at') }} as reported_at

    from source

)

select * from final
