{%- set start = var('lead_time_start') -%}
{%- set start_columns = {'first_commit': 'first_commit_at', 'pr_opened': 'opened_at', 'pr_merged': 'merged_at'} -%}
with

merged_changes as (

    select * from {{ ref('int_merged_changes') }}

),

pull_request_deployments as (

    select * from {{ ref('int_pull_request_deployments') }}

),

first_reviews as (

    select * from {{ ref('int_pull_request_first_reviews') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

changes as (

    select
        merged_changes.pull_request_id,
        merged_changes.team_id,
        merged_changes.service_id,
        pull_request_deployments.deployment_id,
        merged_changes.title,
        merged_changes.url,
        pull_request_deployments.link_method,
        coalesce(
            merged_changes.no_change_because,
            case
                when merged_changes.is_pure_revert then 'pure_revert'
                when not coalesce(pull_request_deployments.is_deployable, false) then 'not_deployable'
            end
        ) as left_out_because,
        coalesce(pull_request_deployments.is_before_first_known_deployment, false) as is_unknown,
        coalesce(pull_request_deployments.confidence = 'inferred', false)
        or (merged_changes.is_first_commit_unknown and '{{ start }}' = 'first_commit') as is_inferred,
        merged_changes.is_first_commit_unknown,
        merged_changes.is_hotfix,
        merged_changes.merged_at,
        merged_changes.ready_at,
        first_reviews.first_review_at,
        merged_changes.{{ start_columns[start] }} as started_at,
        pull_request_deployments.deployed_at
    from merged_changes
    left join pull_request_deployments
        on
            merged_changes.pull_request_id = pull_request_deployments.pull_request_id
            and merged_changes.service_id = pull_request_deployments.service_id
    left join first_reviews
        on merged_changes.pull_request_id = first_reviews.pull_request_id

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

-- What people read names nobody.
shown as (

    select
        staged.*,
        coalesce(masked_texts.masked_text, staged.title) as shown_title
    from staged
    left join masked_texts
        on staged.title = masked_texts.shown_text

),

final as (

    select
        pull_request_id,
        team_id,
        service_id,
        deployment_id,

        shown_title as title,
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

    from shown

)

select * from final
