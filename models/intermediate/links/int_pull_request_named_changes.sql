with

pull_requests as (

    select * from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

pull_request_commits as (

    select * from {{ ref('int_pull_request_commits') }}

),

fixes as (

    select
        pull_request_id,
        repository,
        title || ' ' || coalesce(body, '') as wording,
        pull_number,
        is_revert,
        is_hotfix
    from pull_requests
    where is_revert or is_hotfix

),

-- As a text names them: `#12` within the repository, `owner/name#12` from anywhere.
references_to_changes as (

    select
        pull_request_id,
        repository,
        repository || '#' || cast(pull_number as {{ raw_type('text') }}) as full_reference
    from pull_requests

),

-- A revert names what it reverts in GitHub's own words, a hotfix by any number that it mentions.
reverted_numbers as (

    {{ all_matches('fixes', 'wording', 'Reverts ((?:[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?#[0-9]+)') }}

),

mentioned_numbers as (

    {{ all_matches('fixes', 'wording', '((?:[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?#[0-9]+)') }}

),

fix_messages as (

    select
        fixes.pull_request_id,
        fixes.repository,
        fixes.is_revert,
        pull_request_commits.message
    from fixes
    inner join pull_request_commits
        on
            fixes.repository = pull_request_commits.repository
            and fixes.pull_number = pull_request_commits.pull_number
    where not pull_request_commits.is_merge

),

-- Written by hand, a commit's id may be cut short.
reverted_commits as (

    {{ all_matches('fix_messages', 'message', 'This reverts commit ([0-9a-f]{7,40})') }}

),

mentioned_commits as (

    {{ all_matches('fixes', 'wording', '(?:^|[^A-Za-z0-9])([0-9a-f]{40})(?:$|[^A-Za-z0-9])') }}

),

named_commits as (

    select
        pull_request_id,
        repository,
        matched as commit_id,
        'revert' as naming_kind
    from reverted_commits
    where is_revert

    {{ union_distinct() }}

    select
        pull_request_id,
        repository,
        matched as commit_id,
        'hotfix' as naming_kind
    from mentioned_commits
    where is_hotfix

),

named as (

    select
        reverted_numbers.pull_request_id,
        references_to_changes.pull_request_id as named_pull_request_id,
        'revert' as naming_kind
    from reverted_numbers
    inner join references_to_changes
        on
            reverted_numbers.repository = references_to_changes.repository
            and references_to_changes.full_reference
            = case when reverted_numbers.matched like '#%' then reverted_numbers.repository else '' end
            || lower(reverted_numbers.matched)
    where reverted_numbers.is_revert

    {{ union_distinct() }}

    select
        named_commits.pull_request_id,
        pull_requests.pull_request_id as named_pull_request_id,
        named_commits.naming_kind
    from named_commits
    inner join pull_requests
        on
            named_commits.repository = pull_requests.repository
            and named_commits.commit_id
            = substring(pull_requests.merge_commit_sha, 1, length(named_commits.commit_id))

    {{ union_distinct() }}

    -- A single commit of a change that was merged as it stood.
    select
        named_commits.pull_request_id,
        pull_requests.pull_request_id as named_pull_request_id,
        named_commits.naming_kind
    from named_commits
    inner join pull_request_commits
        on
            named_commits.repository = pull_request_commits.repository
            and named_commits.commit_id
            = substring(pull_request_commits.sha, 1, length(named_commits.commit_id))
    inner join pull_requests
        on
            pull_request_commits.repository = pull_requests.repository
            and pull_request_commits.pull_number = pull_requests.pull_number

    {{ union_distinct() }}

    select
        mentioned_numbers.pull_request_id,
        references_to_changes.pull_request_id as named_pull_request_id,
        'hotfix' as naming_kind
    from mentioned_numbers
    inner join references_to_changes
        on
            mentioned_numbers.repository = references_to_changes.repository
            and references_to_changes.full_reference
            = case when mentioned_numbers.matched like '#%' then mentioned_numbers.repository else '' end
            || lower(mentioned_numbers.matched)
    where mentioned_numbers.is_hotfix

),

final as (

    select
        pull_request_id || ':' || named_pull_request_id as pull_request_named_change_id,
        pull_request_id,
        named_pull_request_id,
        -- A hotfix that is a revert is the stronger of the two.
        max(naming_kind) as naming_kind
    from named
    where pull_request_id <> named_pull_request_id
    group by pull_request_id, named_pull_request_id

)

select * from final
