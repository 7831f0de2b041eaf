{#- SHA-256 of a text, 64 hexadecimal digits. -#}
{% macro hash_text(expression) -%}
    {{ return(adapter.dispatch('hash_text', 'execution_scorecard')(expression)) }}
{%- endmacro %}

{% macro default__hash_text(expression) -%}
    sha256({{ expression }})
{%- endmacro %}

{% macro postgres__hash_text(expression) -%}
    encode(sha256(convert_to({{ expression }}, 'UTF8')), 'hex')
{%- endmacro %}

{% macro spark__hash_text(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}

{% macro snowflake__hash_text(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}

{% macro bigquery__hash_text(expression) -%}
    to_hex(sha256({{ expression }}))
{%- endmacro %}

{% macro redshift__hash_text(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}
