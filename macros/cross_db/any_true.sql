{#- Whether a condition is true of any row of a group (or window); NULL where it is NULL of every row. -#}
{% macro any_true(condition) -%}
    {{ return(adapter.dispatch('any_true', 'execution_scorecard')(condition)) }}
{%- endmacro %}

{% macro default__any_true(condition) -%}
    bool_or({{ condition }})
{%- endmacro %}

{% macro snowflake__any_true(condition) -%}
    boolor_agg({{ condition }})
{%- endmacro %}

{% macro bigquery__any_true(condition) -%}
    logical_or({{ condition }})
{%- endmacro %}
