{#- A date in the quarter of the calendar year that bears the name of the fiscal quarter that a date lies in. -#}
{% macro calendar_twin(day) -%}
    {{ add_months(month_start(day), -fiscal_shift()) if fiscal_shift() else day }}
{%- endmacro %}
