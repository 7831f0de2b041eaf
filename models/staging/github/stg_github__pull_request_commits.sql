with

source as (

    select * from {{ source('raw_github', 'pull_request_commits') }}

),

final as (

    select
        repository || '#' || cast(pull_number as {{ raw_type('text') }}) || '@' || sha as pull_request_commit_id,
        lower(repository) as repository,
        sha,
        'github:' || lower({{ json_text('author', 'login') }}) as author_identity_id,
        lower({{ json_text('author', 'login') }}) as author_login,

        {{ json_text('author', 'type') }} as author_type,
        lower({{ json_text('commit', 'author.email') }}) as author_email,
        {{ json_text('commit', 'message') }} as message,

        pull_number,
        {{ json_array_length('parents') }} as parent_count,

        {{ parse_instant(json_text('commit', 'author.date')) }} as authored_at

    from source

)

select * from final
