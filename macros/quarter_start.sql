{#- The first day of a quarter written `2026-Q1`. -#}
{% macro quarter_start(quarter) -%}
    {{ add_months(calendar_quarter_start(quarter), fiscal_shift()) if fiscal_shift() else calendar_quarter_start(quarter) }}
{%- endmacro %}

{% macro calendar_quarter_start(quarter) -%}
    cast(
        substring({{ quarter }}, 1, 4)
        || case substring({{ quarter }}, 7, 1)
            when '1' then '-01-01'
            when '2' then '-04-01'
            when '3' then '-07-01'
            when '4' then '-10-01'
        end as date
    )
{%- endmacro %}
