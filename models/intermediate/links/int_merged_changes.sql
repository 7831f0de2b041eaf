with

pull_requests as (

    select * from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

pull_request_issues as (

    select * from {{ ref('int_pull_request_issues') }}

),

pull_request_services as (

    select * from {{ ref('int_pull_request_services') }}

),

memberships as (

    select * from {{ ref('int_team_membership_segments') }}

),

issue_counts as (

    select
        pull_request_id,
        count(*) as issue_count
    from pull_request_issues
    group by pull_request_id

),

final as (

    select
        pull_requests.pull_request_id,
        memberships.team_id,
        pull_request_services.service_id,

        pull_requests.title,
        pull_requests.url,
        case
            when pull_requests.is_bot then 'bot'
            when not pull_requests.is_into_default_branch then 'not_default_branch'
            when pull_requests.is_from_long_lived_branch then 'long_lived_branches'
        end as no_change_because,

        coalesce(issue_counts.issue_count, 0) as issue_count,

        pull_requests.is_revert,
        pull_requests.is_pure_revert,
        pull_requests.is_reland,
        pull_requests.is_hotfix,
        pull_requests.is_first_commit_unknown,

        pull_requests.first_commit_at,
        pull_requests.opened_at,
        pull_requests.ready_at,
        pull_requests.merged_at

    from pull_requests
    left join issue_counts
        on pull_requests.pull_request_id = issue_counts.pull_request_id
    left join pull_request_services
        on pull_requests.pull_request_id = pull_request_services.pull_request_id
    left join memberships
        on
            pull_requests.author_person_id = memberships.person_id
            and {{ local_date('pull_requests.merged_at') }} between memberships.from_on and memberships.to_on

)

select * from final
