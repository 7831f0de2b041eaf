{#- Whether a condition is true of every row of a group (or window) where it is not NULL. -#}
{% macro every_true(condition) -%}
    {{ return(adapter.dispatch('every_true', 'execution_scorecard')(condition)) }}
{%- endmacro %}

{% macro default__every_true(condition) -%}
    bool_and({{ condition }})
{%- endmacro %}

{% macro snowflake__every_true(condition) -%}
    booland_agg({{ condition }})
{%- endmacro %}

{% macro bigquery__every_true(condition) -%}
    logical_and({{ condition }})
{%- endmacro %}
