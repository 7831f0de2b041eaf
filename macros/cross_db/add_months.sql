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

{% macro snowflake__add_months(day, months) -%}
    add_months({{ day }}, cast({{ months }} as integer))
{%- endmacro %}

{% macro bigquery__add_months(day, months) -%}
    date_add({{ day }}, interval cast({{ months }} as int64) month)
{%- endmacro %}

{% macro redshift__add_months(day, months) -%}
    cast(dateadd(month, cast({{ months }} as integer), {{ day }}) as date)
{%- endmacro %}
