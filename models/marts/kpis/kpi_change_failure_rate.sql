with

jobs as (

    select * from {{ ref('int_deployment_jobs') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

deployment_failures as (

    select * from {{ ref('int_deployment_failures') }}

),

services as (

    select * from {{ ref('int_service_incident_sources') }}

),

coverage as (

    select * from {{ ref('int_role_coverage') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

-- A failure can only be seen as far as the incident export reaches.
seen_until as (

    select least(max(as_of.as_of), coalesce(min(coverage.covers_to), max(as_of.as_of))) as seen_until_at
    from as_of
    left join coverage
        on coverage.role = 'incidents'

),

successful as (

    select
        deployments.deployment_id,
        services.team_id,
        deployments.service_id,
        deployments.environment || ' ' || substring(deployments.sha, 1, 7) as title,
        deployments.url,
        case
            when deployments.service_id is null then 'no_service'
            when deployments.is_redeployment then 'redeployment'
        end as excluded_because,
        coalesce(services.has_incident_source, false) as has_incident_source,
        deployment_failures.failure_method,
        deployment_failures.evidence_id,
        deployment_failures.evidence_title,
        deployment_failures.evidence_url,
        coalesce(deployment_failures.evidence_count, 0) as evidence_count,
        coalesce(deployment_failures.is_explicit, false) as is_explicit,
        deployment_failures.deployment_id is not null as is_failed,
        deployments.is_rollback,
        deployments.started_at,
        deployments.finished_at,
        {{ add_seconds('deployments.started_at', var('change_failure_window_hours') * 3600) }} as window_ends_at
    from deployments
    left join services
        on deployments.service_id = services.service_id
    left join deployment_failures
        on deployments.deployment_id = deployment_failures.deployment_id

),

-- What never reached production is shown with its reason.
unsuccessful as (

    select
        jobs.deployment_job_service_id as deployment_id,
        services.team_id,
        jobs.service_id,
        jobs.environment || ' ' || substring(jobs.sha, 1, 7) as title,
        jobs.url,
        case when jobs.is_production then 'pipeline_failed' else 'non_production' end as excluded_because,
        coalesce(services.has_incident_source, false) as has_incident_source,
        cast(null as {{ raw_type('text') }}) as failure_method,
        cast(null as {{ raw_type('text') }}) as evidence_id,
        cast(null as {{ raw_type('text') }}) as evidence_title,
        cast(null as {{ raw_type('text') }}) as evidence_url,
        0 as evidence_count,
        false as is_explicit,
        false as is_failed,
        false as is_rollback,
        jobs.started_at,
        jobs.finished_at,
        {{ add_seconds('jobs.started_at', var('change_failure_window_hours') * 3600) }} as window_ends_at
    from jobs
    left join services
        on jobs.service_id = services.service_id
    where not (jobs.is_production and jobs.is_successful)

),

united as (

    select * from successful

    union all

    select * from unsuccessful

),

final as (

    select
        united.deployment_id,
        united.team_id,
        united.service_id,
        united.evidence_id,

        united.title,
        united.url,
        case
            when united.excluded_because is not null then null
            when united.is_explicit then 'yes'
            when not united.has_incident_source then 'unknown'
            when united.is_failed then 'yes'
            else 'no'
        end as verdict,
        united.failure_method,
        coalesce(masked_texts.masked_text, united.evidence_title) as evidence_title,
        united.evidence_url,
        united.excluded_because,

        cast(united.evidence_count as bigint) as evidence_count,

        united.excluded_because is null as is_counted,
        united.excluded_because is null and united.window_ends_at > seen_until.seen_until_at as is_immature,
        united.is_failed and not united.is_explicit and united.has_incident_source as is_inferred,
        united.is_rollback,

        united.started_at,
        united.finished_at

    from united
    cross join seen_until
    left join masked_texts
        on united.evidence_title = masked_texts.shown_text

)

select * from final
