{#- The engine's name of a data type of the project (text, bigint, integer, double precision, boolean, date, timestamp). -#}
{% macro raw_type(data_type) -%}
    {{ return(adapter.dispatch('raw_type', 'execution_scorecard')(data_type)) }}
{%- endmacro %}

{% macro default__raw_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro %}

{% macro spark__raw_type(data_type) -%}
    {{ return({'text': 'string', 'double precision': 'double'}.get(data_type, data_type)) }}
{%- endmacro %}

{% macro snowflake__raw_type(data_type) -%}
    {{ return({'timestamp': 'timestamp_ntz'}.get(data_type, data_type)) }}
{%- endmacro %}

{% macro bigquery__raw_type(data_type) -%}
    {{ return({
        'text': 'string', 'double precision': 'float64', 'bigint': 'int64', 'integer': 'int64', 'boolean': 'bool',
    }.get(data_type, data_type)) }}
{%- endmacro %}

{% macro redshift__raw_type(data_type) -%}
    {{ return({'text': 'varchar(65535)'}.get(data_type, data_type)) }}
{%- endmacro %}
