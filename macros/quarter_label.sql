{#- The quarter that a date lies in, written `2026-Q1`. -#}
{% macro quarter_label(day) -%}
    (
        cast(cast(extract(year from {{ calendar_twin(day) }}) as integer) as {{ dbt.type_string() }})
        || '-Q'
        || cast(cast(extract(quarter from {{ calendar_twin(day) }}) as integer) as {{ dbt.type_string() }})
    )
{%- endmacro %}
