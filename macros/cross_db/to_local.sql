{#- A UTC timestamp as the wall clock of a time zone shows it (a timestamp without zone). -#}
{% macro to_local(instant, time_zone=var('reporting_timezone')) -%}
    {{ return(adapter.dispatch('to_local', 'execution_scorecard')(instant, time_zone)) }}
{%- endmacro %}

{% macro default__to_local(instant, time_zone) -%}
    timezone('{{ time_zone }}', timezone('UTC', {{ instant }}))
{%- endmacro %}

{% macro spark__to_local(instant, time_zone) -%}
    from_utc_timestamp({{ instant }}, '{{ time_zone }}')
{%- endmacro %}

{% macro snowflake__to_local(instant, time_zone) -%}
    convert_timezone('UTC', '{{ time_zone }}', {{ instant }})
{%- endmacro %}

{% macro bigquery__to_local(instant, time_zone) -%}
    timestamp(datetime({{ instant }}, '{{ time_zone }}'))
{%- endmacro %}

{% macro redshift__to_local(instant, time_zone) -%}
    convert_timezone('UTC', '{{ time_zone }}', {{ instant }})
{%- endmacro %}
