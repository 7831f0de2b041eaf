{#- Natural logarithm; NULL where the argument is zero or negative (engines give -inf, an error or NULL). -#}
{% macro natural_log(expression) -%}
    ln(case when {{ expression }} > 0 then {{ expression }} end)
{%- endmacro %}
