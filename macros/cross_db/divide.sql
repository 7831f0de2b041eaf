{#- Division that is never integer division and NULL where the denominator is zero. -#}
{% macro divide(numerator, denominator) -%}
    (cast({{ numerator }} as {{ raw_type('double precision') }}) / nullif({{ denominator }}, 0))
{%- endmacro %}
