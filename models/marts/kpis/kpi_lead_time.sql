{%- set start = var('lead_time_start') -%}
{%- set start_columns = {'first_commit': 'first_commit_at', 'pr_opened': 'opened_at', 'pr_merged': 'merged_at'} -%}
with

pull_requests as (

    select * from {{ ref('int_pull_requests') }}
    where merged_at is not null

),

pull_request_services as (

    select * from {{ ref('int_pull_request_services') }}

),

pull_request_deployments as (

    select * from {{ ref('int_pull_request_deployments') }}

),

first_reviews as (

    select * from {{ ref('int_pull_request_first_reviews') }}

),

memberships as (

    select * from {{ ref('int_team_membership_segments') }}

),

changes as (

    select
        pull_requests.pull_request_id,
        memberships.team_id,
        pull_request_services.service_id,
        pull_request_deployments.deployment_id,
        pull_requests.title,
        pull_requests.url,
        pull_request_deployments.link_method,
        case
            when pull_requests.is_bot then 'bot'
            when not pull_requests.is_into_default_branch then 'not_default_branch'
            when pull_requests.is_from_long_lived_branch then 'long_lived_branches'
            when pull_requests.is_pure_revert then 'pure_revert'
            when not coalesce(pull_request_deployments.is_deployable, false) then 'not_deployable'
        end as left_out_because,
        coalesce(pull_request_deployments.is_before_first_known_deployment, false) as is_unknown,
        coalesce(pull_request_deployments.confidence = 'inferred', false)
        or (pull_requests.is_first_commit_unknown and '{{ start }}' = 'first_commit') as is_inferred,
        pull_requests.is_first_commit_unknown,
        pull_requests.is_hotfix,
        pull_requests.merged_at,
        pull_requests.ready_at,
        first_reviews.first_review_at,
        pull_requests.{{ start_columns[start] }} as started_at,
        pull_request_deployments.deployed_at
    from pull_requests
    left join pull_request_services
        on pull_requests.pull_request_id = pull_request_services.pull_request_id
    left join pull_request_deployments
        on
            pull_requests.pull_request_id = pull_request_deployments.pull_request_id
            and pull_request_services.service_id = pull_request_deployments.service_id
    left join first_reviews
        on pull_requests.pull_request_id = first_reviews.pull_request_id
    left join memberships
        on
            pull_requests.author_person_id = memberships.person_id
            and {{ local_date('pull_requests.merged_at') }} between memberships.from_on and memberships.to_on

),

judged as (

    select
        *,
        coalesce(
            left_out_because,
            case when not is_unknown and deployed_at < started_at then 'negative_duration' end
        ) as excluded_because,
        case when not is_unknown then deployed_at end as ended_at
    from changes

),

-- Stages end where the next begins; each boundary is clipped to the start and the end, so that they sum to the whole.
staged as (

    select
        *,
        case
            when ended_at is not null then least(greatest(coalesce(ready_at, started_at), started_at), ended_at)
        end as coding_ended_at,
        case
            when ended_at is not null
                then least(
                    greatest(
                        coalesce(first_review_at, merged_at), coalesce(ready_at, started_at), started_at
                    ),
                    ended_at
                )
        end as pickup_ended_at,
        case
            when ended_at is not null
                then least(greatest(merged_at, coalesce(ready_at, started_at), started_at), ended_at)
        end as review_ended_at
    from judged

),

final as (

    select
        pull_request_id,
        team_id,
        service_id,
        deployment_id,

        title,
        url,
        case when left_out_because is null and is_unknown then 'unknown' end as verdict,
        link_method,
        excluded_because,

        {{ seconds_between('started_at', 'ended_at') }} as lead_seconds,
        {{ seconds_between('started_at', 'coding_ended_at') }} as coding_seconds,
        {{ seconds_between('coding_ended_at', 'pickup_ended_at') }} as pickup_seconds,
        {{ seconds_between('pickup_ended_at', 'review_ended_at') }} as review_seconds,
        {{ seconds_between('review_ended_at', 'ended_at') }} as deploy_seconds,

        excluded_because is null as is_counted,
        excluded_because is null and not is_unknown and ended_at is null as is_open,
        -- An unknown row has no verdict that could rest on an assumption.
        is_inferred and not is_unknown as is_inferred,
        is_first_commit_unknown,
        is_hotfix,

        started_at,
        merged_at,
        ended_at as deployed_at,
        case
            when is_unknown or excluded_because is not null then coalesce(ended_at, merged_at)
            else ended_at
        end as occurred_at

    from staged

)

select * from final
