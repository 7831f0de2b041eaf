with

pull_request_commits as (

    select * from {{ ref('int_tool_pull_request_commits') }}

),

identities as (

    select * from {{ ref('int_identities') }}

),

final as (

    select
        pull_request_commits.pull_request_commit_id,
        pull_request_commits.repository,
        pull_request_commits.sha,

        pull_request_commits.message,

        pull_request_commits.pull_number,

        coalesce(pull_request_commits.parent_count, 1) > 1 as is_merge,
        {{ dbt.position("'This reverts commit'", 'pull_request_commits.message') }} > 0 as is_revert,
        coalesce(pull_request_commits.message like 'Revert "%', false) as is_titled_revert,
        -- As git itself titles the revert of a revert, today and before.
        coalesce(
            pull_request_commits.message like 'Reapply "%'
            or (
                pull_request_commits.message like 'Revert "Revert "%'
                and pull_request_commits.message not like 'Revert "Revert "Revert "%'
            ),
            false
        ) as is_reland,
        coalesce(accounts.is_bot, addresses.is_bot, false) as is_bot,

        pull_request_commits.authored_at

    from pull_request_commits
    left join identities as accounts
        on pull_request_commits.author_identity_id = accounts.identity_id
    left join identities as addresses
        on 'email:' || pull_request_commits.author_email = addresses.identity_id

)

select * from final
