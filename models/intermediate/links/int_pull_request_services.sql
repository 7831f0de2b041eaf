with

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

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
    where merged_at is not null and merge_commit_sha is not null

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
    where
        pull_requests.merged_at is not null
        and not pull_request_commits.is_merge

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

file_counts as (

    select
        changed_paths.pull_request_id,
        paths.service_id,
        count(*) as file_count
    from changed_paths
    inner join paths
        on
            changed_paths.repository = paths.repository
            and changed_paths.path = paths.path
    group by changed_paths.pull_request_id, paths.service_id

),

ranked as (

    select
        pull_request_id,
        service_id,
        file_count,
        row_number() over (
            partition by pull_request_id
            order by file_count desc, {{ code_point_order('service_id') }} asc
        ) as preference
    from file_counts
    where service_id is not null

),

only_services as (

    select
        repository,
        min(service_id) as service_id
    from services
    group by repository
    having count(*) = 1

),

listed as (

    select
        pull_request_id,
        sum(file_count) as file_count
    from file_counts
    group by pull_request_id

),

final as (

    select
        pull_requests.pull_request_id,
        coalesce(
            ranked.service_id,
            case when listed.pull_request_id is null then only_services.service_id end
        ) as service_id,

        coalesce(listed.file_count, 0) as file_count,

        case
            when ranked.service_id is not null then 'files'
            when listed.pull_request_id is null and only_services.service_id is not null
                then 'only_service_of_repository'
        end as link_method

    from pull_requests
    left join ranked
        on
            pull_requests.pull_request_id = ranked.pull_request_id
            and ranked.preference = 1
    left join listed
        on pull_requests.pull_request_id = listed.pull_request_id
    left join only_services
        on pull_requests.repository = only_services.repository
    where pull_requests.merged_at is not null

)

select * from final
