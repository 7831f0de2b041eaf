{%- set counts = statistics_counts() -%}
with

scoped_counts as (

    select * from {{ ref('stat_scoped_counts') }}

),

kpi_period_months as (

    select * from {{ ref('stat_kpi_period_months') }}

),

final as (

    select
        scoped_counts.kpi,
        kpi_period_months.period_id,
        scoped_counts.scope_type,
        scoped_counts.scope_id,
        {% for count in counts %}
            cast(sum(scoped_counts.{{ count }}) as bigint) as {{ count }},
        {% endfor %}
        {{ any_true('scoped_counts.is_service_level') }} as is_service_level
    from scoped_counts
    inner join kpi_period_months
        on
            scoped_counts.kpi = kpi_period_months.kpi
            and scoped_counts.month_on = kpi_period_months.month_on
    group by
        scoped_counts.kpi,
        kpi_period_months.period_id,
        scoped_counts.scope_type,
        scoped_counts.scope_id

)

select * from final
