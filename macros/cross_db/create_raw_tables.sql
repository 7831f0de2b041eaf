{#- Every declared raw table, created empty where nobody landed or loaded it. Runs its statements itself and gives no SQL. -#}
{% macro create_raw_tables(source_nodes) %}
    {{ return(adapter.dispatch('create_raw_tables', 'execution_scorecard')(source_nodes)) }}
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
