{#-
    A tool that nobody landed costs no configuration: every declared raw table that is missing is created empty,
    with the columns that landing adds to each. A table that an earlier release landed gets the columns that were
    declared since. Compiling alone touches no database.
-#}
{% macro create_missing_raw_tables() %}
    {% if execute and flags.WHICH != 'compile' %}
        {% set schemas = [] %}
        {% for source_node in graph.sources.values() %}
            {% if source_node.schema not in schemas %}
                {% do schemas.append(source_node.schema) %}
                {% do run_query('create schema if not exists ' ~ source_node.schema) %}
            {% endif %}
        {% endfor %}
        {% do adapter.dispatch('create_raw_tables', 'execution_scorecard')(graph.sources.values()) %}
        {% do adapter.dispatch('add_raw_columns', 'execution_scorecard')(graph.sources.values()) %}
        {% do adapter.dispatch('draw_missing_salt', 'execution_scorecard')() %}
    {% endif %}
{% endmacro %}

{% macro default__create_raw_tables(source_nodes) %}
    {% for source_node in source_nodes %}
        {% do run_query(
            'create table if not exists ' ~ source_node.schema ~ '.' ~ source_node.identifier
            ~ ' (' ~ raw_columns(source_node) ~ ')'
        ) %}
    {% endfor %}
{% endmacro %}

{#- Spark's tables are told anew at each build; elsewhere nothing is landed, and whoever loads the tables adds columns. -#}
{% macro default__add_raw_columns(source_nodes) %}
{% endmacro %}

{% macro redshift__add_raw_columns(source_nodes) %}
{% endmacro %}

{% macro duckdb__add_raw_columns(source_nodes) %}
    {% do postgres__add_raw_columns(source_nodes) %}
{% endmacro %}

{#- What earlier landings read of a column that was not declared lies in `_extra`, under its name or as the vendor spells it. -#}
{% macro postgres__add_raw_columns(source_nodes) %}
    {% set present = {} %}
    {% for row in run_query("
        select table_schema || '.' || table_name || '.' || column_name
        from information_schema.columns
        where table_schema like 'raw%' and table_catalog = current_database()
    ").rows %}
        {% do present.update({row[0]: true}) %}
    {% endfor %}
    {% for source_node in source_nodes %}
        {% set table = source_node.schema ~ '.' ~ source_node.identifier %}
        {% for column in source_node.columns.values() if table ~ '.' ~ column.name not in present %}
            {% set name = adapter.quote(column.name) if column.quote else column.name %}
            {% do run_query('alter table ' ~ table ~ ' add column ' ~ name ~ ' ' ~ raw_type(column.data_type)) %}
            {% if source_node.schema != 'raw_meta' %}
                {% set words = column.name.rstrip('_').split('_') %}
                {% set spelled = words[0] ~ words[1:] | map('capitalize') | join %}
                {% set kept = 'coalesce(' ~ json_text('_extra', column.name.rstrip('_')) ~ ', '
                    ~ json_text('_extra', spelled) ~ ')' %}
                {% do run_query(
                    'update ' ~ table ~ ' set ' ~ name ~ ' = ' ~ of_raw_type(kept, column.data_type)
                    ~ ' where _extra is not null'
                ) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}

{#- A text as a declared type; NULL where it is none. -#}
{% macro of_raw_type(expression, data_type) -%}
    {%- if data_type == 'text' -%}
        {{ expression }}
    {%- elif data_type == 'boolean' -%}
        case {{ expression }} when 'true' then true when 'false' then false end
    {%- else -%}
        {%- set number = '^-?\\d{1,18}$' if data_type == 'bigint' else '^-?\\d{1,18}(\\.\\d{1,18})?$' -%}
        case when {{ expression }} ~ '{{ number }}' then cast({{ expression }} as {{ data_type }}) end
    {%- endif -%}
{%- endmacro %}

{#- Spark's books are written by landing alone, which draws the secret, too. -#}
{% macro default__draw_missing_salt() %}
{% endmacro %}

{% macro redshift__draw_missing_salt() %}
{% endmacro %}

{% macro duckdb__draw_missing_salt() %}
    {% do postgres__draw_missing_salt() %}
{% endmacro %}

{#-
    Landing draws the secret of the person keys. Where an earlier release landed, or somebody deleted it, there is none, and
    without it there are no people: it is drawn here, within the engine, so that no log of dbt's holds it.
-#}
{% macro postgres__draw_missing_salt() %}
    {% do run_query("
        insert into raw_meta.person_salts (salt)
        select case when bool_and(is_sample) then 'sample' else replace(cast(gen_random_uuid() as text), '-', '') end
        from raw_meta.loads
        where not exists (select 1 from raw_meta.person_salts)
        having count(*) > 0
    ") %}
{% endmacro %}

{#-
    Landed rows are files; the list of what was landed says where those of a table lie. A raw table is told anew at each
    build where its rows are: dropping it leaves the files alone.
-#}
{% macro spark__create_raw_tables(source_nodes) %}
    {% set folder = spark_folder() ~ '/landed' %}
    {% do run_query('drop table if exists raw_meta.landed_tables') %}
    {% do run_query(
        "create table raw_meta.landed_tables (table_name string, folder string) using json location '"
        ~ folder ~ "/tables'"
    ) %}
    {% set landed = {} %}
    {% for row in run_query('select table_name, folder from raw_meta.landed_tables').rows %}
        {% do landed.update({row['table_name']: row['folder']}) %}
    {% endfor %}
    {% for source_node in source_nodes %}
        {% set table = source_node.schema ~ '.' ~ source_node.identifier %}
        {% do run_query('drop table if exists ' ~ table) %}
        {% do run_query(
            'create table ' ~ table ~ ' (' ~ raw_columns(source_node) ~ ") using parquet location '"
            ~ folder ~ '/' ~ landed.get(table, table ~ '/rows') ~ "'"
        ) %}
    {% endfor %}
{% endmacro %}

{% macro raw_columns(source_node) %}
    {% set columns = [] %}
    {% for column in source_node.columns.values() %}
        {% set name = adapter.quote(column.name) if column.quote else column.name %}
        {% do columns.append(name ~ ' ' ~ raw_type(column.data_type)) %}
    {% endfor %}
    {% if source_node.schema != 'raw_meta' %}
        {% do columns.append('_extra ' ~ raw_type('text')) %}
        {% do columns.append('_load_id ' ~ raw_type('bigint')) %}
        {% do columns.append('_row_number ' ~ raw_type('bigint')) %}
    {% endif %}
    {{ return(columns | join(', ')) }}
{% endmacro %}
