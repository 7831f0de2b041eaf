with

pull_requests as (

    select * from {{ ref('int_tool_pull_requests') }}

),

commits as (

    select * from {{ ref('int_commits') }}

),

identities as (

    select * from {{ ref('int_identities') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

repository_branches as (

    select
        repository,
        min(default_branch) as default_branch
    from commits
    group by repository

),

-- Nothing after as_of is read: a later pull request does not exist yet, a later merge has not happened.
final as (

    select
        pull_requests.pull_request_id,
        pull_requests.repository,
        pull_requests.head_repository,
        identities.person_id as author_person_id,
        case
            when pull_requests.merged_at <= as_of.as_of then pull_requests.merge_commit_sha
        end as merge_commit_sha,

        pull_requests.title,
        pull_requests.body,
        pull_requests.url,
        pull_requests.file_url_prefix,
        pull_requests.base_branch,
        coalesce(pull_requests.default_branch, repository_branches.default_branch) as default_branch,
        pull_requests.head_branch,

        pull_requests.pull_number,

        coalesce(identities.is_bot, false) as is_bot,

        pull_requests.opened_at,
        coalesce(
            case
                when pull_requests.ready_for_review_at <= as_of.as_of then pull_requests.ready_for_review_at
            end,
            pull_requests.opened_at
        ) as ready_at,
        case
            when pull_requests.merged_at <= as_of.as_of then pull_requests.merged_at
        end as merged_at

    from pull_requests
    cross join as_of
    left join repository_branches
        on pull_requests.repository = repository_branches.repository
    left join identities
        on pull_requests.author_identity_id = identities.identity_id
    where pull_requests.opened_at <= as_of.as_of

)

select * from final
