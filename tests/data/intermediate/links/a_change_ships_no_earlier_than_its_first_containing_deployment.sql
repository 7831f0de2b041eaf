-- Found without the running maximum and the lookup: no deployment of the service that finished before the one found
-- reaches as far as the change, and the one found does. Every change against every deployment is too much for a large
-- company, so one change in ten is looked at.
with

links as (

    select * from {{ ref('int_pull_request_deployments') }}
    where link_method = 'ancestry'

),

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

),

commits as (

    select * from {{ ref('int_commits') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

final as (

    select
        links.pull_request_deployment_id,
        commits.integrated_position,
        min(case when deployments.deployment_id = links.deployment_id then deployments.highest_line_position end)
            as found_position,
        max(case when deployments.finished_at < links.deployed_at then deployments.highest_line_position end)
            as reached_before
    from links
    inner join pull_requests
        on links.pull_request_id = pull_requests.pull_request_id
    inner join commits
        on
            pull_requests.repository = commits.repository
            and pull_requests.merge_commit_sha = commits.sha
    inner join deployments
        on links.service_id = deployments.service_id
    where mod(commits.integrated_position, 10) = 0
    group by links.pull_request_deployment_id, commits.integrated_position
    having
        max(case when deployments.finished_at < links.deployed_at then deployments.highest_line_position end)
        >= commits.integrated_position
        or coalesce(
            min(case when deployments.deployment_id = links.deployment_id then deployments.highest_line_position end), 0
        ) < commits.integrated_position

)

select * from final
