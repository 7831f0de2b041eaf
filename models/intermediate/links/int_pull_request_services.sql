with

pull_requests as (

    select * from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

pull_request_commits as (

    select * from {{ ref('int_pull_request_commits') }}

),

commit_files as (

    select * from {{ ref('int_commit_files') }}

),

paths as (

    select * from {{ ref('int_paths') }}

),

services as (

    select * from {{ ref('int_services') }}

),

-- A squash leaves the whole change in the merge commit, a rebase only its last commit: the own commits tell the rest.
change_commits as (

    select
        pull_request_id,
        repository,
        merge_commit_sha as sha
    from pull_requests
    where merge_commit_sha is not null

    {{ union_distinct() }}

    select
        pull_requests.pull_request_id,
        pull_request_commits.repository,
        pull_request_commits.sha
    from pull_requests
    inner join pull_request_commits
        on
            pull_requests.repository = pull_request_commits.repository
            and pull_requests.pull_number = pull_request_commits.pull_number
    where not pull_request_commits.is_merge

),

changed_paths as (

    select distinct
        change_commits.pull_request_id,
        change_commits.repository,
        commit_files.path
    from change_commits
    inner join commit_files
        on
            change_commits.repository = commit_files.repository
            and change_commits.sha = commit_files.sha

),

served as (

    {{ service_of_files('pull_requests', 'pull_request_id', 'changed_paths') }}

),

final as (

    select
        pull_request_id,
        service_id,

        file_count,

        link_method

    from served

)

select * from final
