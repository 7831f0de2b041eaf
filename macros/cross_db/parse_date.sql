{#- Vendor text to a date: the first ten characters of an ISO date or instant. -#}
{% macro parse_date(expression) -%}
    cast(nullif(substring({{ expression }}, 1, 10), '') as date)
{%- endmacro %}
