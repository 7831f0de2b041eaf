{#- A date moved by whole days (an expression; may be negative). -#}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'execution_scorecard')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{% macro snowflake__add_days(day, days) -%}
    dateadd(day, cast({{ days }} as integer), {{ day }})
{%- endmacro %}

{% macro bigquery__add_days(day, days) -%}
    date_add({{ day }}, interval cast({{ days }} as int64) day)
{%- endmacro %}
