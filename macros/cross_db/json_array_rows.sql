{#-
    One row per element of a JSON list: a select with all columns of `relation`, the element as JSON text
    (`element`) and its place from 1 (`element_position`). Rows without a list give none.
-#}
{% macro json_array_rows(relation, json_column) -%}
    {{ return(adapter.dispatch('json_array_rows', 'execution_scorecard')(relation, json_column)) }}
{%- endmacro %}

{% macro default__json_array_rows(relation, json_column) -%}
    select
        {{ relation }}.*,
        coalesce(cast(exploded.element as varchar), 'null') as element,
        exploded.element_position
    from {{ relation }}
    cross join lateral (
        select
            unnest(from_json({{ relation }}.{{ json_column }}, '["json"]')) as element,
            generate_subscripts(from_json({{ relation }}.{{ json_column }}, '["json"]'), 1) as element_position
    ) as exploded
{%- endmacro %}

{% macro postgres__json_array_rows(relation, json_column) -%}
    select
        {{ relation }}.*,
        cast(exploded.element as text) as element,
        exploded.element_position
    from {{ relation }}
    cross join lateral jsonb_array_elements(
        case when jsonb_typeof(cast({{ relation }}.{{ json_column }} as jsonb)) = 'array'
            then cast({{ relation }}.{{ json_column }} as jsonb) end
    ) with ordinality as exploded (element, element_position)
{%- endmacro %}

{% macro spark__json_array_rows(relation, json_column) -%}
    select
        {{ relation }}.*,
        exploded.element,
        exploded.zero_position + 1 as element_position
    from {{ relation }}
    lateral view posexplode(from_json({{ json_column }}, 'array<string>')) exploded as zero_position, element
{%- endmacro %}
