with

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

),

pull_request_commits as (

    select * from {{ ref('int_pull_request_commits') }}

),

issue_keys as (

    select * from {{ ref('int_issue_keys') }}

),

texts as (

    select
        pull_request_id,
        1 as method_rank,
        head_branch as searched_text
    from pull_requests

    union all

    select
        pull_request_id,
        2 as method_rank,
        title as searched_text
    from pull_requests

    union all

    select
        pull_request_id,
        3 as method_rank,
        body as searched_text
    from pull_requests

    union all

    select
        pull_requests.pull_request_id,
        4 as method_rank,
        pull_request_commits.message as searched_text
    from pull_requests
    inner join pull_request_commits
        on
            pull_requests.repository = pull_request_commits.repository
            and pull_requests.pull_number = pull_request_commits.pull_number

),

-- Every bounding character is doubled, so that two keys may share one boundary: matches do not overlap.
bounded as (

    select
        pull_request_id,
        method_rank,
        {{ replace_all('searched_text', '([^A-Za-z0-9])', '\\1\\1') }} as searched_text
    from texts
    where searched_text like '%-%'

),

matches as (

    {{ all_matches(
        'bounded', 'searched_text', '(?:^|[^A-Za-z0-9])([A-Za-z][A-Za-z0-9]*--[0-9]+)(?:$|[^A-Za-z0-9])'
    ) }}

),

-- A project's key may hold underscores, which bound keys elsewhere.
matches_with_underscores as (

    {{ all_matches(
        'bounded', 'searched_text', '(?:^|[^A-Za-z0-9_])([A-Za-z0-9]+__[A-Za-z0-9_]*--[0-9]+)(?:$|[^A-Za-z0-9])'
    ) }}

),

keys as (

    select
        pull_request_id,
        method_rank,
        upper(replace(matched, '--', '-')) as issue_key
    from matches

    union all

    select
        pull_request_id,
        method_rank,
        upper(replace(replace(matched, '--', '-'), '__', '_')) as issue_key
    from matches_with_underscores

),

-- What looks like a key counts only if such an issue exists (`UTF-8` looks like one).
candidates as (

    select
        keys.pull_request_id,
        issue_keys.issue_id,
        min(keys.method_rank) as method_rank
    from keys
    inner join issue_keys
        on keys.issue_key = issue_keys.issue_key
    group by keys.pull_request_id, issue_keys.issue_id

),

ranked as (

    select
        pull_request_id,
        issue_id,
        method_rank,
        min(method_rank) over (partition by pull_request_id) as best_method_rank
    from candidates

),

final as (

    select
        ranked.pull_request_id || ':' || ranked.issue_id as pull_request_issue_id,
        ranked.pull_request_id,
        ranked.issue_id,

        case ranked.method_rank
            when 1 then 'key_in_branch'
            when 2 then 'key_in_title'
            when 3 then 'key_in_body'
            else 'key_in_commit'
        end as link_method,
        -- A person wrote the key: it is said, not inferred.
        'explicit' as confidence,

        pull_requests.opened_at as linked_at

    from ranked
    inner join pull_requests
        on ranked.pull_request_id = pull_requests.pull_request_id
    where ranked.method_rank = ranked.best_method_rank

)

select * from final
