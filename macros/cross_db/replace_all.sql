{#- A text with every match of a regular expression (a Jinja string) replaced; `\1` stands for the first group. -#}
{% macro replace_all(expression, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_all', 'execution_scorecard')(expression, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replace_all(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__replace_all(expression, pattern, replacement) -%}
    regexp_replace(
        {{ expression }}, '{{ pattern | replace("\\", "\\\\") }}', '{{ replacement | replace("\\", "$") }}'
    )
{%- endmacro %}

{% macro snowflake__replace_all(expression, pattern, replacement) -%}
    regexp_replace(
        {{ expression }}, '{{ pattern | replace("\\", "\\\\") }}', '{{ replacement | replace("\\", "\\\\") }}'
    )
{%- endmacro %}

{% macro bigquery__replace_all(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, r'{{ pattern }}', r'{{ replacement }}')
{%- endmacro %}

{% macro redshift__replace_all(expression, pattern, replacement) -%}
    regexp_replace(
        {{ expression }}, '{{ pattern | replace("\\", "\\\\") }}', '{{ replacement | replace("\\", "$") }}', 1, 'p'
    )
{%- endmacro %}
