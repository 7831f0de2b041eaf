with

source as (

    select * from {{ source('raw_github', 'reviews') }}

),

final as (

    select
        'github:' || cast(id as {{ raw_type('text') }}) as review_id,
        lower(
            coalesce(repository, {{ first_match('pull_request_url', '/repos/([^/]+/[^/]+)/pulls/[0-9]+$') }})
        ) as repository,
        'github:' || lower({{ json_text('user_', 'login') }}) as reviewer_identity_id,
        lower({{ json_text('user_', 'login') }}) as reviewer_login,

        {{ json_text('user_', 'type') }} as reviewer_type,
        lower(state) as review_state,

        coalesce(
            pull_number, cast({{ first_match('pull_request_url', '/pulls/([0-9]+)$') }} as bigint)
        ) as pull_number,

        {{ parse_instant('submitted_at') }} as submitted_at

    from source

)

select * from final
