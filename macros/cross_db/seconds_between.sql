{#- Elapsed seconds from one UTC timestamp to another, a double with microseconds; negative when the second is earlier. -#}
{% macro seconds_between(start_expression, end_expression) -%}
    {{ return(adapter.dispatch('seconds_between', 'execution_scorecard')(start_expression, end_expression)) }}
{%- endmacro %}

{% macro default__seconds_between(start_expression, end_expression) -%}
    (date_diff('microsecond', {{ start_expression }}, {{ end_expression }}) / cast(1000000 as double))
{%- endmacro %}

{% macro postgres__seconds_between(start_expression, end_expression) -%}
    cast(extract(epoch from ({{ end_expression }} - {{ start_expression }})) as double precision)
{%- endmacro %}

{% macro spark__seconds_between(start_expression, end_expression) -%}
    ((unix_micros({{ end_expression }}) - unix_micros({{ start_expression }})) / cast(1000000 as double))
{%- endmacro %}

{% macro snowflake__seconds_between(start_expression, end_expression) -%}
    (timestampdiff(microsecond, {{ start_expression }}, {{ end_expression }}) / cast(1000000 as double))
{%- endmacro %}

{% macro bigquery__seconds_between(start_expression, end_expression) -%}
    (timestamp_diff({{ end_expression }}, {{ start_expression }}, microsecond) / 1000000)
{%- endmacro %}

{% macro redshift__seconds_between(start_expression, end_expression) -%}
    (
        cast(datediff(microsecond, {{ start_expression }}, {{ end_expression }}) as double precision)
        / cast(1000000 as double precision)
    )
{%- endmacro %}
