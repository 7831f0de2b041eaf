{#- The calendar day of a UTC timestamp in the reporting time zone. -#}
{% macro local_date(instant) -%}
    cast({{ to_local(instant) }} as date)
{%- endmacro %}
