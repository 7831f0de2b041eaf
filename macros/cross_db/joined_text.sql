{#- The texts of a group in the order of their code points, joined by a separator (a Jinja string); NULL without any. -#}
{% macro joined_text(expression, separator) -%}
    {{ return(adapter.dispatch('joined_text', 'execution_scorecard')(expression, separator)) }}
{%- endmacro %}

{% macro default__joined_text(expression, separator) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ code_point_order(expression) }})
{%- endmacro %}

{% macro spark__joined_text(expression, separator) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ expression }})
{%- endmacro %}

{% macro snowflake__joined_text(expression, separator) -%}
    nullif(listagg({{ expression }}, '{{ separator }}') within group (order by {{ expression }}), '')
{%- endmacro %}

{% macro redshift__joined_text(expression, separator) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ expression }})
{%- endmacro %}
