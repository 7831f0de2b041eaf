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

final as (

    select
        observation_id,
        kpi,
        team_id,
        service_id,

        statistic,
        subject_type,
        verdict,
        excluded_because,

        duration_seconds,

        is_counted,
        is_immature,
        is_inferred,
        coalesce(method, '') = 'service_level' as is_service_level,
        is_counted and not is_immature and occurred_on is not null as is_in_number,
        is_counted
        and not is_immature
        and occurred_on is not null
        and statistic = 'median'
        and duration_seconds is not null
        and coalesce(verdict, '') <> 'unknown' as is_measured,
        is_counted
        and statistic = 'median'
        and open_from_at is not null
        and coalesce(verdict, '') <> 'unknown' as can_be_open,

        started_at,
        open_from_at,
        ended_at,
        {{ month_start('shown_on') }} as month_on

    from dated

)

select * from final
