{#-
    A tool that nobody landed costs no configuration: every declared raw table that is missing is created empty,
    with the columns that landing adds to each. Compiling alone touches no database.
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
        {% do columns.append(column.name ~ ' ' ~ raw_type(column.data_type)) %}
    {% endfor %}
    {% if source_node.schema != 'raw_meta' %}
        {% do columns.append('_extra ' ~ raw_type('text')) %}
        {% do columns.append('_load_id ' ~ raw_type('bigint')) %}
        {% do columns.append('_row_number ' ~ raw_type('bigint')) %}
    {% endif %}
    {{ return(columns | join(', ')) }}
{% endmacro %}
