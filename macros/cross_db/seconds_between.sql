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
