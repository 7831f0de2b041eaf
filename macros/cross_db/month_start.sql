{#- The first day of the month that a date lies in. -#}
{% macro month_start(day) -%}
    {{ period_start('month', day) }}
{%- endmacro %}
