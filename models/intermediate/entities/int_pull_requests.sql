with

pull_requests as (

    select * from {{ ref('int_pull_requests_as_of') }}

),

own_commits as (

    select * from {{ ref('int_pull_request_own_commits') }}

),

kinds as (

    select * from {{ ref('int_pull_request_kinds') }}

),

-- What title, text and own commits say of a revert; nothing said is no revert.
told as (

    select
        pull_requests.pull_request_id,
        coalesce(own_commits.has_revert_commit, false)
        or coalesce(
            {{ matches('pull_requests.body', "'Reverts ([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?#[0-9]+'") }}, false
        ) as says_revert,
        coalesce(own_commits.is_every_commit_revert, true) as is_every_commit_revert,
        coalesce(
            {{ matches('pull_requests.title', "'(^|[^A-Za-z])Reapply([^A-Za-z]|$)'") }}
            or mod(
                cast(
                    (length(pull_requests.title) - length(replace(pull_requests.title, 'Revert', '')))
                    / length('Revert') as integer
                ), 2
            ) = 0
            and {{ dbt.position("'Revert'", 'pull_requests.title') }} > 0, false
        )
        or coalesce(own_commits.is_every_revert_reland, false) as is_reland
    from pull_requests
    left join own_commits
        on pull_requests.pull_request_id = own_commits.pull_request_id

),

final as (

    select
        pull_requests.pull_request_id,
        pull_requests.repository,
        pull_requests.author_person_id,
        pull_requests.merge_commit_sha,

        pull_requests.title,
        pull_requests.body,
        pull_requests.url,
        pull_requests.base_branch,
        pull_requests.default_branch,
        pull_requests.head_branch,

        pull_requests.pull_number,
        coalesce(own_commits.commit_count, 0) as commit_count,

        pull_requests.is_bot,
        pull_requests.base_branch = coalesce(pull_requests.default_branch, pull_requests.base_branch)
            as is_into_default_branch,
        kinds.is_from_long_lived_branch,
        kinds.is_hotfix,
        told.is_reland,
        told.says_revert and not told.is_reland as is_revert,
        told.says_revert and not told.is_reland and told.is_every_commit_revert as is_pure_revert,
        own_commits.pull_request_id is null as is_first_commit_unknown,

        pull_requests.opened_at,
        pull_requests.ready_at,
        least(coalesce(own_commits.first_authored_at, pull_requests.opened_at), pull_requests.opened_at)
            as first_commit_at,
        pull_requests.merged_at

    from pull_requests
    inner join told
        on pull_requests.pull_request_id = told.pull_request_id
    inner join kinds
        on pull_requests.pull_request_id = kinds.pull_request_id
    left join own_commits
        on pull_requests.pull_request_id = own_commits.pull_request_id

)

select * from final
