with

pull_request_commits as (

    select * from {{ ref('stg_github__pull_request_commits') }}

),

final as (

    select
        pull_request_commit_id,
        repository,
        sha,

        message,

        pull_number,

        coalesce(parent_count, 1) > 1 as is_merge,
        position('This reverts commit' in message) > 0 as is_revert,

        authored_at

    from pull_request_commits

)

select * from final
