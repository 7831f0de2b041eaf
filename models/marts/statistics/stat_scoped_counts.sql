{%- set counts = statistics_counts() -%}
with

monthly_counts as (

    select * from {{ ref('stat_monthly_counts') }}

),

methods as (

    select * from {{ ref('stat_predictability_methods') }}

),

scoped as (

    {{ by_scope('monthly_counts') }}

),

of_one_method as (

    select scoped.*
    from scoped
    left join methods
        on
            scoped.scope_type = methods.scope_type
            and scoped.scope_id = methods.scope_id
    where {{ is_of_one_method('scoped', 'methods', 'scoped.is_service_level') }}

),

final as (

    select
        kpi,
        month_on,
        scope_type,
        scope_id,
        {% for count in counts %}
            cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor %}
        {{ any_true('is_service_level') }} as is_service_level
    from of_one_method
    group by
        kpi,
        month_on,
        scope_type,
        scope_id

)

select * from final
