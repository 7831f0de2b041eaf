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

changed_paths as (

    select
        direct.commit_id,
        commit_files.repository,
        commit_files.path
    from direct
    inner join commit_files
        on direct.commit_id = commit_files.commit_id

),

served as (

    {{ service_of_files('direct', 'commit_id', 'changed_paths') }}

),

final as (

    select
        direct.commit_id,
        memberships.team_id,
        served.service_id,

        direct.integrated_at

    from direct
    inner join served
        on direct.commit_id = served.commit_id
    left join memberships
        on
            direct.person_id = memberships.person_id
            and {{ local_date('direct.integrated_at') }} between memberships.from_on and memberships.to_on

)

select * from final
