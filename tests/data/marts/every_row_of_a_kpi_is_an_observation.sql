{#- The KPI tables of each fact; a new KPI is one word. -#}
{%- set kpis = {
    'fct_software_delivery': ['lead_time', 'delivery_predictability'],
    'fct_team_performance': ['cycle_time', 'key_person_concentration'],
    'fct_operational_reliability': ['change_failure_rate', 'time_to_restore'],
    'fct_technical_quality': ['defect_escape', 'rework_ratio'],
    'fct_roadmap_alignment': ['outcome_linked_work', 'roadmap_accuracy'],
} -%}
-- The facts hold as many rows of every KPI, counted and left out for each reason, as its own table.
with

kpi_rows as (

    {% for kpi in kpis.values() | sum(start=[]) %}
        select
            '{{ kpi }}' as kpi,
            excluded_because,
            is_counted,
            count(*) as row_count
        from {{ ref('kpi_' ~ kpi) }}
        group by excluded_because, is_counted
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

observations as (

    {% for fact in kpis %}
        select
            kpi,
            excluded_because,
            is_counted,
            count(*) as row_count
        from {{ ref(fact) }}
        group by kpi, excluded_because, is_counted
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        coalesce(kpi_rows.kpi, observations.kpi) as kpi,
        coalesce(kpi_rows.excluded_because, observations.excluded_because) as excluded_because,
        kpi_rows.row_count,
        observations.row_count as observation_count
    from kpi_rows
    full outer join observations
        on
            kpi_rows.kpi = observations.kpi
            and kpi_rows.is_counted = observations.is_counted
            and coalesce(kpi_rows.excluded_because, '') = coalesce(observations.excluded_because, '')
    where coalesce(kpi_rows.row_count, 0) <> coalesce(observations.row_count, 0)

)

select * from final
