{#- The scalar at a path of a JSON text, as text; a nested value as JSON text; NULL where there is none or a JSON null. -#}
{% macro json_text(expression, path) -%}
    {{ return(adapter.dispatch('json_text', 'execution_scorecard')(expression, path.split('.'))) }}
{%- endmacro %}

{% macro default__json_text(expression, steps) -%}
    json_extract_string({{ expression }}, '${% for step in steps %}."{{ step }}"{% endfor %}')
{%- endmacro %}

{% macro postgres__json_text(expression, steps) -%}
    (cast({{ expression }} as jsonb) #>> '{{ '{' ~ steps | join(',') ~ '}' }}')
{%- endmacro %}

{% macro spark__json_text(expression, steps) -%}
    get_json_object({{ expression }}, '${% for step in steps %}.{{ step }}{% endfor %}')
{%- endmacro %}
