{#- The number of a date within its year, 1 on the first of January. -#}
{% macro day_of_year(day) -%}
    {{ return(adapter.dispatch('day_of_year', 'execution_scorecard')(day)) }}
{%- endmacro %}

{% macro default__day_of_year(day) -%}
    cast(extract(doy from {{ day }}) as integer)
{%- endmacro %}

{% macro bigquery__day_of_year(day) -%}
    extract(dayofyear from {{ day }})
{%- endmacro %}
