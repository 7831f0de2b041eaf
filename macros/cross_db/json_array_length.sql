{#- The number of elements of a JSON list; NULL where there is no list. -#}
{% macro json_array_length(expression) -%}
    {{ return(adapter.dispatch('json_array_length', 'execution_scorecard')(expression)) }}
{%- endmacro %}

{% macro default__json_array_length(expression) -%}
    cast(case when json_type({{ expression }}) = 'ARRAY' then json_array_length({{ expression }}) end as bigint)
{%- endmacro %}

{% macro postgres__json_array_length(expression) -%}
    cast(
        case when jsonb_typeof(cast({{ expression }} as jsonb)) = 'array'
            then jsonb_array_length(cast({{ expression }} as jsonb)) end as bigint
    )
{%- endmacro %}

{% macro spark__json_array_length(expression) -%}
    cast(json_array_length({{ expression }}) as bigint)
{%- endmacro %}

{% macro snowflake__json_array_length(expression) -%}
    cast(array_size(try_parse_json({{ expression }})) as bigint)
{%- endmacro %}

{% macro bigquery__json_array_length(expression) -%}
    array_length(json_query_array({{ expression }}))
{%- endmacro %}

{% macro redshift__json_array_length(expression) -%}
    cast(json_array_length({{ expression }}, true) as bigint)
{%- endmacro %}
