{#- Adding a fact is one line. -#}
{%- set facts = [
    'fct_software_delivery',
    'fct_team_performance',
    'fct_operational_reliability',
    'fct_technical_quality',
    'fct_roadmap_alignment',
] -%}
with

united as (

    {% for fact in facts %}
        select
            observation_id,
            kpi,
            subject_type,
            subject_id,
            subject_title,
            subject_url,
            team_id,
            service_id,
            verdict,
            method,
            excluded_because,
            duration_seconds,
            is_counted,
            is_immature,
            is_inferred,
            started_at,
            open_from_at,
            ended_at,
            occurred_at,
            occurred_on
        from {{ ref(fact) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

kpis as (

    select * from {{ ref('kpis') }}

),

dated as (

    select
        united.*,
        kpis.statistic,
        -- A row that was left out may never have come to its end; it is shown where it would have begun to count.
        case
            when united.is_counted then united.occurred_on
            else coalesce(
                united.occurred_on,
                {{ local_date('coalesce(united.ended_at, united.open_from_at, united.started_at)') }}
            )
        end as shown_on
    from united
    inner join kpis
        on united.kpi = kpis.kpi

),

-- What a row is for its month's number; NULL where it has not come to an end, and counts for none but as open.
judged as (

    select
        *,
        coalesce(verdict, '') <> 'unknown' as is_judged
    from dated

),

assigned as (

    select
        *,
        case
            when not is_counted then 'left_out'
            when is_immature then 'immature'
            when occurred_on is null then null
            when statistic = 'median' and is_judged and duration_seconds is not null then 'counted'
            when statistic <> 'median' and verdict in ('yes', 'no') then 'counted'
            else 'unknown'
        end as role
    from judged

),

final as (

    select
        observation_id,
        kpi,
        subject_id,
        team_id,
        service_id,

        statistic,
        subject_type,
        subject_title,
        subject_url,
        verdict,
        method,
        excluded_because,
        role,

        duration_seconds,

        is_counted,
        is_immature,
        is_inferred,
        coalesce(method, '') = 'service_level' as is_service_level,
        coalesce(role = 'counted' and statistic = 'median', false) as is_measured,
        is_counted and statistic = 'median' and open_from_at is not null and is_judged as can_be_open,
        -- Nobody can rule out that it is a hit: an unknown row; for outcome-linked work a change without an issue.
        coalesce(
            case
                when kpi = 'outcome_linked_work'
                    then role = 'counted' and verdict = 'no' and subject_type = 'pull_request'
                when statistic <> 'median' then role = 'unknown'
            end,
            false
        ) as is_doubtful,

        occurred_on,
        {{ month_start('shown_on') }} as month_on,

        started_at,
        open_from_at,
        ended_at,
        occurred_at

    from assigned

)

select * from final
