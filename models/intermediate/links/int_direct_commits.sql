with

commits as (

    select * from {{ ref('int_commits') }}
    where is_in_default_branch

),

commit_authors as (

    select * from {{ ref('int_commit_authors') }}
    where is_author and not is_bot

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

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

),

line_commits as (

    select * from {{ ref('int_pull_request_line_commits') }}

),

memberships as (

    select * from {{ ref('int_team_membership_segments') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- A repository without any pull request was not exported, or nobody reviews there: nothing can be said.
known_repositories as (

    select repository
    from pull_requests
    group by repository

),

direct as (

    select
        commits.commit_id,
        commits.repository,
        commit_authors.person_id,
        commits.integrated_at
    from commits
    cross join as_of
    inner join known_repositories
        on commits.repository = known_repositories.repository
    inner join commit_authors
        on commits.commit_id = commit_authors.commit_id
    left join line_commits
        on commits.commit_id = line_commits.commit_id
    where
        not commits.is_merge
        and line_commits.commit_id is null
        and commits.integrated_at <= as_of.as_of

),

file_counts as (

    select
        direct.commit_id,
        paths.service_id,
        row_number() over (
            partition by direct.commit_id
            order by
                case when paths.service_id is null then 1 else 0 end,
                count(*) desc,
                {{ code_point_order('paths.service_id') }} asc
        ) as preference
    from direct
    inner join commit_files
        on direct.commit_id = commit_files.commit_id
    inner join paths
        on
            commit_files.repository = paths.repository
            and commit_files.path = paths.path
    group by direct.commit_id, paths.service_id

),

only_services as (

    select
        repository,
        min(service_id) as service_id
    from services
    group by repository
    having count(*) = 1

),

final as (

    select
        direct.commit_id,
        memberships.team_id,
        case when file_counts.commit_id is null then only_services.service_id else file_counts.service_id end
            as service_id,

        direct.integrated_at

    from direct
    left join file_counts
        on
            direct.commit_id = file_counts.commit_id
            and file_counts.preference = 1
    left join only_services
        on direct.repository = only_services.repository
    left join memberships
        on
            direct.person_id = memberships.person_id
            and {{ local_date('direct.integrated_at') }} between memberships.from_on and memberships.to_on

)

select * from final
