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
        to_json(exploded.element) as element,
        cast(exploded.zero_position + 1 as bigint) as element_position
    from {{ relation }}
    -- As variants, for text elements would lose their quotes and an element that is null could not be told from none.
    lateral view posexplode(try_variant_get(try_parse_json({{ json_column }}), '$', 'array<variant>'))
        exploded as zero_position, element
{%- endmacro %}

{% macro snowflake__json_array_rows(relation, json_column) -%}
    select
        {{ relation }}.*,
        coalesce(to_json(exploded.value), 'null') as element,
        exploded.index + 1 as element_position
    from {{ relation }}
    cross join lateral flatten(input => as_array(try_parse_json({{ relation }}.{{ json_column }}))) as exploded
{%- endmacro %}

{% macro bigquery__json_array_rows(relation, json_column) -%}
    select
        {{ relation }}.*,
        element,
        zero_position + 1 as element_position
    from {{ relation }}
    cross join unnest(json_query_array({{ relation }}.{{ json_column }})) as element with offset as zero_position
{%- endmacro %}

{% macro redshift__json_array_rows(relation, json_column) -%}
    select
        listed.* exclude (json_list),
        coalesce(json_serialize(element), 'null') as element,
        cast(zero_position + 1 as bigint) as element_position
    from (
        select
            *,
            json_parse({{ json_column }}) as json_list
        from {{ relation }}
        where is_valid_json_array({{ json_column }})
    ) as listed, listed.json_list as element at zero_position
{%- endmacro %}
