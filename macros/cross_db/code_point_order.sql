{#- A text to sort by, in the order of its code points whatever the database's language. -#}
{% macro code_point_order(expression) -%}
    {{ return(adapter.dispatch('code_point_order', 'execution_scorecard')(expression)) }}
{%- endmacro %}

{% macro default__code_point_order(expression) -%}
    {{ expression }}
{%- endmacro %}

{% macro postgres__code_point_order(expression) -%}
    ({{ expression }}) collate "C"
{%- endmacro %}

{% macro redshift__code_point_order(expression) -%}
    {{ expression }}
{%- endmacro %}
