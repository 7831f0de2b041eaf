{#- Whether a text contains a match of a regular expression (a SQL literal or expression). -#}
{% macro matches(expression, pattern) -%}
    {{ return(adapter.dispatch('matches', 'execution_scorecard')(expression, pattern)) }}
{%- endmacro %}

{% macro default__matches(expression, pattern) -%}
    regexp_matches({{ expression }}, {{ pattern }})
{%- endmacro %}

{% macro postgres__matches(expression, pattern) -%}
    ({{ expression }} ~ ({{ pattern }}))
{%- endmacro %}

{% macro spark__matches(expression, pattern) -%}
    ({{ expression }} rlike {{ pattern }})
{%- endmacro %}

{% macro snowflake__matches(expression, pattern) -%}
    (regexp_instr({{ expression }}, {{ pattern }}) > 0)
{%- endmacro %}

{% macro bigquery__matches(expression, pattern) -%}
    regexp_contains({{ expression }}, {{ pattern }})
{%- endmacro %}
