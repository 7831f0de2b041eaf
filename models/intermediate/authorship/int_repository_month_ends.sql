with

line_commits as (

    select * from {{ ref('int_commits') }}
    where is_on_line

),

month_ends as (

    select * from {{ ref('int_file_month_ends') }}

),

pull_requests as (

    select * from {{ ref('int_pull_requests_as_of') }}
    where file_url_prefix is not null

),

monthly_tips as (

    select
        repository,
        integrated_month_on,
        max(first_parent_position) as first_parent_position
    from line_commits
    group by repository, integrated_month_on

),

tips as (

    select
        monthly_tips.repository,
        month_ends.month_end_on,
        max(monthly_tips.first_parent_position) as first_parent_position
    from monthly_tips
    inner join month_ends
        on monthly_tips.integrated_month_on <= month_ends.month_start_on
    group by monthly_tips.repository, month_ends.month_end_on

),

-- A repository that moved to another host is found where its newest pull request is.
ranked_hosts as (

    select
        repository,
        file_url_prefix,
        row_number() over (
            partition by repository
            order by opened_at desc, pull_request_id desc
        ) as recency
    from pull_requests

),

hosts as (

    select * from ranked_hosts
    where recency = 1

),

final as (

    select
        tips.repository || ':' || cast(tips.month_end_on as {{ raw_type('text') }}) as repository_month_end_id,
        tips.repository,
        line_commits.sha,

        hosts.file_url_prefix,

        tips.month_end_on

    from tips
    inner join line_commits
        on
            tips.repository = line_commits.repository
            and tips.first_parent_position = line_commits.first_parent_position
    left join hosts
        on tips.repository = hosts.repository

)

select * from final
