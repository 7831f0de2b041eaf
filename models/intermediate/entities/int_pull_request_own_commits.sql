with

pull_requests as (

    select * from {{ ref('int_pull_requests_as_of') }}

),

pull_request_commits as (

    select * from {{ ref('int_pull_request_commits') }}

),

-- Merging the default branch into one's own is no change.
final as (

    select
        pull_requests.pull_request_id,

        count(*) as commit_count,

        {{ any_true('pull_request_commits.is_revert') }} as has_revert_commit,
        {{ every_true('case when pull_request_commits.is_revert then pull_request_commits.is_reland end') }}
            as is_every_revert_reland,
        -- What a bot tidies up on the branch is no work that would stand beside the revert.
        {{ every_true("
            pull_request_commits.is_revert
            or coalesce(pull_request_commits.is_titled_revert, false)
            or coalesce(pull_request_commits.is_bot, false)
        ") }} as is_every_commit_revert,

        min(pull_request_commits.authored_at) as first_authored_at

    from pull_requests
    inner join pull_request_commits
        on
            pull_requests.repository = pull_request_commits.repository
            and pull_requests.pull_number = pull_request_commits.pull_number
    where not pull_request_commits.is_merge
    group by pull_requests.pull_request_id

)

select * from final
