{#- The UTC timestamp of a wall-clock timestamp (or the midnight that begins a date) in a time zone. -#}
{% macro to_utc(local_time, time_zone=var('reporting_timezone')) -%}
    {{ return(adapter.dispatch('to_utc', 'execution_scorecard')(local_time, time_zone)) }}
{%- endmacro %}

{% macro default__to_utc(local_time, time_zone) -%}
    timezone('UTC', timezone('{{ time_zone }}', cast({{ local_time }} as timestamp)))
{%- endmacro %}

{% macro spark__to_utc(local_time, time_zone) -%}
    to_utc_timestamp(cast({{ local_time }} as timestamp), '{{ time_zone }}')
{%- endmacro %}

{% macro snowflake__to_utc(local_time, time_zone) -%}
    convert_timezone('{{ time_zone }}', 'UTC', cast({{ local_time }} as timestamp_ntz))
{%- endmacro %}

{% macro bigquery__to_utc(local_time, time_zone) -%}
    timestamp(datetime(cast({{ local_time }} as timestamp)), '{{ time_zone }}')
{%- endmacro %}

{% macro redshift__to_utc(local_time, time_zone) -%}
    convert_timezone('{{ time_zone }}', 'UTC', cast({{ local_time }} as timestamp))
{%- endmacro %}
