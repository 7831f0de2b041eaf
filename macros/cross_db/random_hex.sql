{#- 32 hexadecimal digits that nobody can guess, others at each call. Redshift has no function for it, and needs none: nothing lands there. -#}
{% macro random_hex() -%}
    {{ return(adapter.dispatch('random_hex', 'execution_scorecard')()) }}
{%- endmacro %}

{% macro default__random_hex() -%}
    replace(cast(gen_random_uuid() as {{ raw_type('text') }}), '-', '')
{%- endmacro %}

{% macro spark__random_hex() -%}
    replace(uuid(), '-', '')
{%- endmacro %}

{% macro snowflake__random_hex() -%}
    replace(uuid_string(), '-', '')
{%- endmacro %}

{% macro bigquery__random_hex() -%}
    replace(generate_uuid(), '-', '')
{%- endmacro %}
