{#- Whole days from one date to another; negative when the second is earlier. -#}
{% macro days_between(start_day, end_day) -%}
    {{ return(adapter.dispatch('days_between', 'execution_scorecard')(start_day, end_day)) }}
{%- endmacro %}

{% macro default__days_between(start_day, end_day) -%}
    cast({{ end_day }} - {{ start_day }} as integer)
{%- endmacro %}

{% macro spark__days_between(start_day, end_day) -%}
    datediff({{ end_day }}, {{ start_day }})
{%- endmacro %}

{% macro snowflake__days_between(start_day, end_day) -%}
    datediff(day, {{ start_day }}, {{ end_day }})
{%- endmacro %}

{% macro bigquery__days_between(start_day, end_day) -%}
    date_diff({{ end_day }}, {{ start_day }}, day)
{%- endmacro %}
