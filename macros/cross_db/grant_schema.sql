{#- The statement that lets roles into a schema; empty where there are no roles, or where that is granted by hand. -#}
{% macro grant_schema(schema, roles) -%}
    {{ return(adapter.dispatch('grant_schema', 'execution_scorecard')(schema, roles)) }}
{%- endmacro %}

{#- DuckDB and Spark have no roles; of the others, each has a way of its own to let a role into a schema. -#}
{% macro default__grant_schema(schema, roles) -%}
{%- endmacro %}

{% macro postgres__grant_schema(schema, roles) -%}
    grant usage on schema {{ schema }} to {{ roles | join(', ') }}
{%- endmacro %}
