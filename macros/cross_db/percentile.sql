{#- The interpolated percentile of an expression within a group (percentile_cont). -#}
{% macro percentile(expression, fraction) -%}
    {{ return(adapter.dispatch('percentile', 'execution_scorecard')(expression, fraction)) }}
{%- endmacro %}

{% macro default__percentile(expression, fraction) -%}
    percentile_cont({{ fraction }}) within group (order by {{ expression }})
{%- endmacro %}

{% macro spark__percentile(expression, fraction) -%}
    percentile({{ expression }}, {{ fraction }})
{%- endmacro %}

{% macro bigquery__percentile(expression, fraction) -%}
    {#- There it is a window function alone: the two values that the fraction lies between, from the sorted list of all. -#}
    {%- set place = "(" ~ fraction ~ " * (count(" ~ expression ~ ") - 1))" -%}
    {%- set sorted = "array_agg(" ~ expression ~ " ignore nulls order by " ~ expression ~ ")" -%}
    (
        {{ sorted }}[safe_offset(cast(floor({{ place }}) as int64))] * (1 - ({{ place }} - floor({{ place }})))
        + {{ sorted }}[safe_offset(cast(ceil({{ place }}) as int64))] * ({{ place }} - floor({{ place }}))
    )
{%- endmacro %}
