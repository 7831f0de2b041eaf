{#- A date that is the first of a month, moved by whole months (an expression; may be negative). -#}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months', 'execution_scorecard')(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro postgres__add_months(day, months) -%}
    cast({{ day }} + make_interval(months => cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, cast({{ months }} as int))
{%- endmacro %}
