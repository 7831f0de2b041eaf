with

source as (

    select * from {{ source('raw_github', 'pull_requests') }}

),

base_read as (

    {{ json_columns('source', 'base', {
        'base_branch': 'ref',
        'base_repository': 'repo.full_name',
        'default_branch': 'repo.default_branch',
    }) }}

),

head_read as (

    {{ json_columns('base_read', 'head', {
        'head_branch': 'ref',
        'head_repository_name': 'repo.full_name',
    }) }}

),

author_read as (

    {{ json_columns('head_read', 'user_', {
        'user_login': 'login',
        'author_type': 'type',
    }) }}

),

final as (

    select
        'github:' || cast(id as {{ raw_type('text') }}) as pull_request_id,
        lower(coalesce(base_repository, repository)) as repository,
        lower(head_repository_name) as head_repository,
        'github:' || lower(user_login) as author_identity_id,
        lower(user_login) as author_login,
        merge_commit_sha,

        title,
        body,
        html_url as url,
        {{ first_match('html_url', '^(https?://.+)/pull/[0-9]+$') }} || '/blob/' as file_url_prefix,
        author_type,
        base_branch,
        default_branch,
        head_branch,
        labels as labels_json,

        number as pull_number,

        draft as is_draft,

        {{ parse_instant('created_at') }} as opened_at,
        {{ parse_instant('ready_for_review_at') }} as ready_for_review_at,
        {{ parse_instant('merged_at') }} as merged_at,
        {{ parse_instant('closed_at') }} as closed_at

    from author_read

)

select * from final
