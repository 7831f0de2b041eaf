{#- The first day of the `week` (Monday), `month`, `quarter` or `year` that a date lies in. -#}
{% macro period_start(part, day) -%}
    {{ return(adapter.dispatch('period_start', 'execution_scorecard')(part, day)) }}
{%- endmacro %}

{% macro default__period_start(part, day) -%}
    cast(date_trunc('{{ part }}', {{ day }}) as date)
{%- endmacro %}

{% macro bigquery__period_start(part, day) -%}
    date_trunc(cast({{ day }} as date), {{ 'isoweek' if part == 'week' else part }})
{%- endmacro %}
