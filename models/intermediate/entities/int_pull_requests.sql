with

pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}

),

pull_request_commits as (

    select * from {{ ref('int_pull_request_commits') }}

),

commits as (

    select * from {{ ref('int_commits') }}

),

identities as (

    select * from {{ ref('int_identities') }}

),

long_lived_branches as (

    select * from {{ ref('long_lived_branches') }}

),

hotfix_markers as (

    select * from {{ ref('hotfix_markers') }}

),

hotfix_labels as (

    select * from {{ ref('int_pull_request_labels') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- Nothing after as_of is read: a later pull request does not exist yet, a later merge has not happened.
known as (

    select
        pull_requests.pull_request_id,
        pull_requests.repository,
        pull_requests.head_repository,
        pull_requests.author_login,
        pull_requests.title,
        pull_requests.body,
        pull_requests.url,
        pull_requests.base_branch,
        pull_requests.default_branch,
        pull_requests.head_branch,
        pull_requests.pull_number,
        pull_requests.opened_at,
        case
            when pull_requests.merged_at <= as_of.as_of then pull_requests.merge_commit_sha
        end as merge_commit_sha,
        case
            when pull_requests.ready_for_review_at <= as_of.as_of then pull_requests.ready_for_review_at
        end as ready_for_review_at,
        case
            when pull_requests.merged_at <= as_of.as_of then pull_requests.merged_at
        end as merged_at
    from pull_requests
    cross join as_of
    where pull_requests.opened_at <= as_of.as_of

),

repository_branches as (

    select
        repository,
        min(default_branch) as default_branch
    from commits
    group by repository

),

own_commits as (

    select
        repository,
        pull_number,
        count(*) as commit_count,
        min(authored_at) as first_authored_at,
        {{ any_true('is_revert') }} as has_revert_commit,
        {{ every_true('case when is_revert then is_reland end') }} as is_every_revert_reland,
        -- What a bot tidies up on the branch is no work that would stand beside the revert.
        {{ every_true('is_revert or coalesce(is_titled_revert, false) or coalesce(is_bot, false)') }}
            as is_every_commit_revert
    from pull_request_commits
    where not is_merge
    group by repository, pull_number

),

-- A branch of somebody's copy is none of this repository's long-lived branches, whatever its name.
long_lived_heads as (

    select distinct known.pull_request_id
    from known
    inner join long_lived_branches
        on {{ dictionary_match(
            'lower(known.head_branch)', 'long_lived_branches.branch', 'long_lived_branches.match_kind'
        ) }}
    where known.head_repository = known.repository or known.head_repository is null

),

hotfixes as (

    select known.pull_request_id
    from known
    inner join hotfix_markers
        on
            hotfix_markers.field = 'branch'
            and {{ dictionary_match('lower(known.head_branch)', 'hotfix_markers.marker', 'hotfix_markers.match_kind') }}

    {{ union_distinct() }}

    select hotfix_labels.pull_request_id
    from hotfix_labels
    inner join hotfix_markers
        on
            hotfix_markers.field = 'label'
            and {{ dictionary_match('hotfix_labels.label', 'hotfix_markers.marker', 'hotfix_markers.match_kind') }}

),

described as (

    select
        known.pull_request_id,
        known.repository,
        identities.person_id as author_person_id,
        known.merge_commit_sha,

        known.title,
        known.body,
        known.url,
        known.base_branch,
        coalesce(known.default_branch, repository_branches.default_branch) as default_branch,
        known.head_branch,

        known.pull_number,
        coalesce(own_commits.commit_count, 0) as commit_count,

        coalesce(identities.is_bot, false) as is_bot,
        long_lived_heads.pull_request_id is not null as is_from_long_lived_branch,
        hotfixes.pull_request_id is not null as is_hotfix,
        coalesce(own_commits.has_revert_commit, false)
        or coalesce(
            {{ matches('known.body', "'Reverts ([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?#[0-9]+'") }}, false
        ) as says_revert,
        coalesce(own_commits.is_every_commit_revert, true) as is_every_commit_revert,
        coalesce(
            {{ matches('known.title', "'(^|[^A-Za-z])Reapply([^A-Za-z]|$)'") }}
            or mod(
                cast(
                    (length(known.title) - length(replace(known.title, 'Revert', ''))) / length('Revert') as integer
                ), 2
            ) = 0
            and {{ dbt.position("'Revert'", 'known.title') }} > 0, false
        )
        or coalesce(own_commits.is_every_revert_reland, false) as is_reland,

        known.opened_at,
        coalesce(known.ready_for_review_at, known.opened_at) as ready_at,
        least(coalesce(own_commits.first_authored_at, known.opened_at), known.opened_at) as first_commit_at,
        known.merged_at

    from known
    left join repository_branches
        on known.repository = repository_branches.repository
    left join identities
        on 'github:' || known.author_login = identities.identity_id
    left join own_commits
        on
            known.repository = own_commits.repository
            and known.pull_number = own_commits.pull_number
    left join long_lived_heads
        on known.pull_request_id = long_lived_heads.pull_request_id
    left join hotfixes
        on known.pull_request_id = hotfixes.pull_request_id

),

final as (

    select
        pull_request_id,
        repository,
        author_person_id,
        merge_commit_sha,

        title,
        body,
        url,
        base_branch,
        default_branch,
        head_branch,

        pull_number,
        commit_count,

        is_bot,
        base_branch = coalesce(default_branch, base_branch) as is_into_default_branch,
        is_from_long_lived_branch,
        is_hotfix,
        is_reland,
        says_revert and not is_reland as is_revert,
        says_revert and not is_reland and is_every_commit_revert as is_pure_revert,
        commit_count = 0 as is_first_commit_unknown,

        opened_at,
        ready_at,
        first_commit_at,
        merged_at

    from described

)

select * from final
