{#-
    Scalars at many paths of one JSON text, each document read once: a select with all columns of `relation` and one text
    column per entry of `columns` (name: path). Reading each path on its own takes the time and the memory of a whole
    document for each.
-#}
{% macro json_columns(relation, json_column, columns) -%}
    {{ return(adapter.dispatch('json_columns', 'execution_scorecard')(relation, json_column, columns)) }}
{%- endmacro %}

{% macro default__json_columns(relation, json_column, columns) -%}
    select
        * exclude (json_values),
        {%- for name in columns %}
        json_values[{{ loop.index }}] as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            json_extract_string(
                {{ json_column }},
                [
                    {%- for path in columns.values() %}
                    '${% for step in path.split(".") %}."{{ step }}"{% endfor %}'{{ ',' if not loop.last }}
                    {%- endfor %}
                ]
            ) as json_values
        from {{ relation }}
    ) as extracted
{%- endmacro %}

{% macro postgres__json_columns(relation, json_column, columns) -%}
    select
        {{ relation }}.*,
        {%- for name, path in columns.items() %}
        (parsed.document #>> '{{ '{' ~ path.split('.') | join(',') ~ '}' }}') as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    -- Without the offset the planner would read the document anew for every path.
    cross join lateral (select cast({{ relation }}.{{ json_column }} as jsonb) as document offset 0) as parsed
{%- endmacro %}

{% macro spark__json_columns(relation, json_column, columns) -%}
    select
        * except (json_document),
        {%- for name, path in columns.items() %}
        try_variant_get(
            json_document, '${% for step in path.split(".") %}["{{ step }}"]{% endfor %}', 'string'
        ) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            try_parse_json({{ json_column }}) as json_document
        from {{ relation }}
    ) as parsed
{%- endmacro %}

{% macro snowflake__json_columns(relation, json_column, columns) -%}
    select
        * exclude (json_document),
        {%- for name, path in columns.items() %}
        cast(
            get_path(json_document, '{% for step in path.split(".") %}["{{ step }}"]{% endfor %}') as varchar
        ) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            try_parse_json({{ json_column }}) as json_document
        from {{ relation }}
    ) as parsed
{%- endmacro %}

{% macro bigquery__json_columns(relation, json_column, columns) -%}
    select
        {{ relation }}.*,
        {%- for name, path in columns.items() %}
        {{ bigquery__json_text(relation ~ '.' ~ json_column, path.split('.')) }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
{%- endmacro %}

{% macro redshift__json_columns(relation, json_column, columns) -%}
    select
        {{ relation }}.*,
        {%- for name, path in columns.items() %}
        {{ redshift__json_text(relation ~ '.' ~ json_column, path.split('.')) }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
{%- endmacro %}
