{#- The engine's name of a declared raw data type (text, bigint, double precision, boolean, timestamp). -#}
{% macro raw_type(data_type) -%}
    {{ return(adapter.dispatch('raw_type', 'execution_scorecard')(data_type)) }}
{%- endmacro %}

{% macro default__raw_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro %}

{% macro spark__raw_type(data_type) -%}
    {{ return({'text': 'string', 'double precision': 'double'}.get(data_type, data_type)) }}
{%- endmacro %}
