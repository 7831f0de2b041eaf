{#-
    Whether `scorecard land` writes into tables of the engine's own, true or false (Jinja, no SQL). Then raw tables outlive
    a release, and a build sees to it that they hold what was declared since.
-#}
{% macro lands_in_tables() -%}
    {{ return(adapter.dispatch('lands_in_tables', 'execution_scorecard')()) }}
{%- endmacro %}

{#- Spark's tables are told anew at each build; elsewhere nothing is landed, and whoever loads the tables adds columns. -#}
{% macro default__lands_in_tables() -%}
    {{ return(false) }}
{%- endmacro %}

{% macro duckdb__lands_in_tables() -%}
    {{ return(true) }}
{%- endmacro %}

{% macro postgres__lands_in_tables() -%}
    {{ return(true) }}
{%- endmacro %}

{% macro redshift__lands_in_tables() -%}
    {{ return(false) }}
{%- endmacro %}
