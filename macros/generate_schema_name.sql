{#-
    Schemas carry the names that the documentation uses (staging, intermediate, marts), not prefixed by the target's.
    SCORECARD_MARTS_SCHEMA gives the marts another one: a refresh builds them beside those that are being read.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set name = custom_schema_name | trim if custom_schema_name else target.schema -%}
    {{ env_var('SCORECARD_MARTS_SCHEMA', 'marts') if name == 'marts' else name }}
{%- endmacro %}
