{#- A text without the given characters (a Jinja string) at its two ends. -#}
{% macro trim_characters(expression, characters) -%}
    {{ return(adapter.dispatch('trim_characters', 'execution_scorecard')(expression, characters)) }}
{%- endmacro %}

{% macro default__trim_characters(expression, characters) -%}
    trim({{ expression }}, '{{ characters }}')
{%- endmacro %}

{#- Spark's trim of two arguments takes the characters first. -#}
{% macro spark__trim_characters(expression, characters) -%}
    trim(both '{{ characters }}' from {{ expression }})
{%- endmacro %}

{% macro redshift__trim_characters(expression, characters) -%}
    trim(both '{{ characters }}' from {{ expression }})
{%- endmacro %}
