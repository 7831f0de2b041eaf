{#- A timestamp moved by whole seconds (an expression; may be negative). -#}
{% macro add_seconds(instant, seconds) -%}
    {{ return(adapter.dispatch('add_seconds', 'execution_scorecard')(instant, seconds)) }}
{%- endmacro %}

{% macro default__add_seconds(instant, seconds) -%}
    ({{ instant }} + to_seconds(cast({{ seconds }} as bigint)))
{%- endmacro %}

{% macro postgres__add_seconds(instant, seconds) -%}
    ({{ instant }} + make_interval(secs => {{ seconds }}))
{%- endmacro %}

{% macro spark__add_seconds(instant, seconds) -%}
    timestamp_micros(unix_micros({{ instant }}) + cast({{ seconds }} as bigint) * 1000000)
{%- endmacro %}

{% macro snowflake__add_seconds(instant, seconds) -%}
    timestampadd(second, cast({{ seconds }} as bigint), {{ instant }})
{%- endmacro %}

{% macro bigquery__add_seconds(instant, seconds) -%}
    timestamp_add({{ instant }}, interval cast({{ seconds }} as int64) second)
{%- endmacro %}

{% macro redshift__add_seconds(instant, seconds) -%}
    dateadd(second, cast({{ seconds }} as bigint), {{ instant }})
{%- endmacro %}
