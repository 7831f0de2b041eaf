with

pull_requests as (

    select * from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

commits as (

    select * from {{ ref('int_commits') }}

),

services as (

    select * from {{ ref('int_services') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}
    where service_id is not null

),

-- A change in a repository of several services is looked up in each: a revert counts in the service of what it reverts.
changes as (

    select
        pull_requests.pull_request_id || ':' || services.service_id as pull_request_deployment_id,
        pull_requests.pull_request_id,
        services.service_id,
        pull_requests.merge_commit_sha,
        commits.integrated_position,
        pull_requests.merged_at
    from pull_requests
    inner join services
        on pull_requests.repository = services.repository
    left join commits
        on
            pull_requests.repository = commits.repository
            and pull_requests.merge_commit_sha = commits.sha

),

-- On the first-parent line one integer says what a deployment contains; only one that reaches further than all
-- before it can be the first to contain anything.
reaching as (

    select
        *,
        max(highest_line_position) over (
            partition by service_id
            order by finished_at, deployment_number
            rows between unbounded preceding and 1 preceding
        ) as reached_before
    from deployments
    where highest_line_position is not null

),

frontier as (

    select * from reaching
    where reached_before is null or highest_line_position > reached_before

),

contained as (

    {{ as_of_lookup(
        left='changes', left_key='pull_request_deployment_id', left_order='integrated_position',
        right='frontier', right_order='highest_line_position', partition_by='service_id', direction='next'
    ) }}

),

-- Where a commit is not in the loaded history, only time can tell: the earliest finish among the deployments that
-- started at or after the merge.
finishing as (

    select
        *,
        case when highest_line_position is null then 'unknown' else 'known' end as commit_kind,
        min(finished_at) over (
            partition by service_id
            order by started_at desc, deployment_number desc
            rows between unbounded preceding and current row
        ) as earliest_finish_any,
        min(case when highest_line_position is null then finished_at end) over (
            partition by service_id
            order by started_at desc, deployment_number desc
            rows between unbounded preceding and current row
        ) as earliest_finish_unknown
    from deployments

),

finish_by_start as (

    select
        service_id,
        started_at,
        min(earliest_finish_any) as earliest_finish_any,
        min(earliest_finish_unknown) as earliest_finish_unknown
    from finishing
    group by service_id, started_at

),

started_after as (

    {{ as_of_lookup(
        left='changes', left_key='pull_request_deployment_id', left_order='merged_at',
        right='finish_by_start', right_order='started_at', partition_by='service_id', direction='next'
    ) }}

),

finishes as (

    select
        changes.pull_request_deployment_id,
        changes.pull_request_id,
        changes.service_id,
        changes.merge_commit_sha,
        changes.merged_at,
        frontier.finished_at as contained_finished_at,
        case
            when changes.integrated_position is null then finish_by_start.earliest_finish_any
            else finish_by_start.earliest_finish_unknown
        end as later_finished_at
    from changes
    left join contained
        on changes.pull_request_deployment_id = contained.pull_request_deployment_id
    left join frontier
        on
            changes.service_id = frontier.service_id
            and contained.matched_order = frontier.highest_line_position
    left join started_after
        on changes.pull_request_deployment_id = started_after.pull_request_deployment_id
    left join finish_by_start
        on
            changes.service_id = finish_by_start.service_id
            and started_after.matched_order = finish_by_start.started_at

),

first_finishes as (

    select
        *,
        case
            when contained_finished_at <= coalesce(later_finished_at, contained_finished_at) then 'ancestry'
            when later_finished_at is not null then 'time_window'
        end as link_method,
        least(
            coalesce(contained_finished_at, later_finished_at),
            coalesce(later_finished_at, contained_finished_at)
        ) as finished_at
    from finishes

),

deployment_at_finish as (

    select
        service_id,
        finished_at,
        min(deployment_number) as deployment_number
    from deployments
    group by service_id, finished_at

),

service_starts as (

    select
        service_id,
        min(finished_at) as first_finished_at
    from deployments
    group by service_id

),

final as (

    select
        first_finishes.pull_request_deployment_id,
        first_finishes.pull_request_id,
        first_finishes.service_id,
        deployments.deployment_id,

        first_finishes.link_method,
        case
            when first_finishes.link_method = 'ancestry' then 'explicit'
            when first_finishes.link_method = 'time_window' then 'inferred'
        end as confidence,

        deployments.deployment_number,

        service_starts.service_id is not null as is_deployable,
        deployments.sha = first_finishes.merge_commit_sha as is_deployed_commit,
        coalesce(first_finishes.merged_at < service_starts.first_finished_at, false)
        and coalesce(
            deployments.finished_at > service_starts.first_finished_at
            or deployments.sha <> first_finishes.merge_commit_sha, true
        ) as is_before_first_known_deployment,

        first_finishes.finished_at as deployed_at,
        first_finishes.finished_at as linked_at

    from first_finishes
    left join deployment_at_finish
        on
            first_finishes.service_id = deployment_at_finish.service_id
            and first_finishes.finished_at = deployment_at_finish.finished_at
    left join deployments
        on
            deployment_at_finish.service_id = deployments.service_id
            and deployment_at_finish.deployment_number = deployments.deployment_number
    left join service_starts
        on first_finishes.service_id = service_starts.service_id

)

select * from final
