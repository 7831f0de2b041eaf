with

commits as (

    select * from {{ ref('int_commits') }}
    where is_in_default_branch

),

merged_pull_requests as (

    select * from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

pull_request_commits as (

    select * from {{ ref('int_pull_request_commits') }}

),

own_commits as (

    select pull_request_commits.*
    from pull_request_commits
    inner join merged_pull_requests
        on
            pull_request_commits.repository = merged_pull_requests.repository
            and pull_request_commits.pull_number = merged_pull_requests.pull_number

),

merge_commits as (

    select * from commits
    where is_merge

),

-- A squash or the last commit of a rebase, the commits as they were written, as a rebase wrote them again (their date
-- and message stay), and all that came with a merge.
found as (

    select commits.commit_id
    from commits
    inner join merged_pull_requests
        on
            commits.repository = merged_pull_requests.repository
            and commits.sha = merged_pull_requests.merge_commit_sha

    {{ union_distinct() }}

    select commits.commit_id
    from commits
    inner join own_commits
        on
            commits.repository = own_commits.repository
            and commits.sha = own_commits.sha

    {{ union_distinct() }}

    select commits.commit_id
    from commits
    inner join own_commits
        on
            commits.repository = own_commits.repository
            and commits.authored_at = own_commits.authored_at
            and commits.message = own_commits.message

    {{ union_distinct() }}

    select commits.commit_id
    from commits
    inner join merge_commits
        on
            commits.repository = merge_commits.repository
            and commits.integrated_position = merge_commits.first_parent_position
    inner join merged_pull_requests
        on
            merge_commits.repository = merged_pull_requests.repository
            and merge_commits.sha = merged_pull_requests.merge_commit_sha

),

final as (

    select commit_id from found

)

select * from final
