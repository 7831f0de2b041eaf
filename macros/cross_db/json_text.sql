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

{% macro snowflake__json_text(expression, steps) -%}
    cast(
        get_path(try_parse_json({{ expression }}), '{% for step in steps %}["{{ step }}"]{% endfor %}') as varchar
    )
{%- endmacro %}

{% macro bigquery__json_text(expression, steps) -%}
    {#- One function reads scalars alone, the other anything, a JSON null as the text `null`. -#}
    {%- set path -%}
        '${% for step in steps %}."{{ step }}"{% endfor %}'
    {%- endset -%}
    coalesce(json_value({{ expression }}, {{ path }}), nullif(json_query({{ expression }}, {{ path }}), 'null'))
{%- endmacro %}

{% macro redshift__json_text(expression, steps) -%}
    {#- What is missing is given as an empty text there; hence an empty text reads as NULL, too. -#}
    nullif(
        json_extract_path_text({{ expression }}, {% for step in steps %}'{{ step }}', {% endfor %}true), ''
    )
{%- endmacro %}
