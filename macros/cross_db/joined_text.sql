{#-
    The texts of a group joined by a separator (a Jinja string); NULL without any. In the order of their code points, or of
    another expression that is `ordered_by`.
-#}
{% macro joined_text(expression, separator, ordered_by=none) -%}
    {{ return(adapter.dispatch('joined_text', 'execution_scorecard')(expression, separator, ordered_by)) }}
{%- endmacro %}

{% macro default__joined_text(expression, separator, ordered_by) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ ordered_by or code_point_order(expression) }})
{%- endmacro %}

{% macro spark__joined_text(expression, separator, ordered_by) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ ordered_by or expression }})
{%- endmacro %}

{% macro snowflake__joined_text(expression, separator, ordered_by) -%}
    nullif(listagg({{ expression }}, '{{ separator }}') within group (order by {{ ordered_by or expression }}), '')
{%- endmacro %}

{% macro redshift__joined_text(expression, separator, ordered_by) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ ordered_by or expression }})
{%- endmacro %}
