{#- A timestamp moved by a span in seconds that may have a fraction (an expression; may be negative), to the microsecond. -#}
{% macro add_microseconds(instant, seconds) -%}
    {{ return(adapter.dispatch('add_microseconds', 'execution_scorecard')(instant, seconds)) }}
{%- endmacro %}

{% macro default__add_microseconds(instant, seconds) -%}
    ({{ instant }} + to_microseconds(cast(round({{ seconds }} * 1000000) as bigint)))
{%- endmacro %}

{% macro postgres__add_microseconds(instant, seconds) -%}
    ({{ instant }} + cast(round({{ seconds }} * 1000000) as bigint) * interval '1 microsecond')
{%- endmacro %}

{% macro spark__add_microseconds(instant, seconds) -%}
    timestamp_micros(unix_micros({{ instant }}) + cast(round({{ seconds }} * 1000000) as bigint))
{%- endmacro %}

{% macro snowflake__add_microseconds(instant, seconds) -%}
    timestampadd(microsecond, cast(round({{ seconds }} * 1000000) as bigint), {{ instant }})
{%- endmacro %}

{% macro bigquery__add_microseconds(instant, seconds) -%}
    timestamp_add({{ instant }}, interval cast(round({{ seconds }} * 1000000) as int64) microsecond)
{%- endmacro %}

{% macro redshift__add_microseconds(instant, seconds) -%}
    dateadd(microsecond, cast(round({{ seconds }} * 1000000) as bigint), {{ instant }})
{%- endmacro %}
