{#- The first group of the first match of a regular expression (a Jinja string with one group) in a text; NULL without one, or of an empty one. -#}
{% macro first_match(expression, pattern) -%}
    {{ return(adapter.dispatch('first_match', 'execution_scorecard')(expression, pattern)) }}
{%- endmacro %}

{% macro default__first_match(expression, pattern) -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{% macro postgres__first_match(expression, pattern) -%}
    nullif(substring({{ expression }} from '{{ pattern }}'), '')
{%- endmacro %}

{% macro spark__first_match(expression, pattern) -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern | replace("\\", "\\\\") }}', 1), '')
{%- endmacro %}

{% macro snowflake__first_match(expression, pattern) -%}
    {%- set group = capturing_group(pattern) -%}
    nullif(
        regexp_substr(
            {{ expression }}, '{{ group.pattern | replace("\\", "\\\\") }}', 1, 1, 'e', {{ group.number }}
        ),
        ''
    )
{%- endmacro %}

{% macro bigquery__first_match(expression, pattern) -%}
    nullif(regexp_extract({{ expression }}, r'{{ pattern }}'), '')
{%- endmacro %}

{% macro redshift__first_match(expression, pattern) -%}
    nullif(regexp_substr({{ expression }}, '{{ pattern | replace("\\", "\\\\") }}', 1, 1, 'ep'), '')
{%- endmacro %}
