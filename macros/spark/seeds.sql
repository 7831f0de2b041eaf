{#-
    Dictionaries reach Spark as the files that they are. The adapter's own way sends every row as text of a statement and
    loses quotes and NULLs. Spark's machines see the project's folder under the path that it has here.
-#}
{% macro spark__create_csv_table(model, agate_table) %}
    {% set sql %}
        create table {{ this.render() }} (
            {% for column in agate_table.column_names -%}
                {{ column }} {{ dictionary_column_type(model, agate_table, column, loop.index0) }}{{ ',' if not loop.last }}
            {% endfor %}
        )
        {{ file_format_clause() }}
    {% endset %}
    {% call statement('_') -%}
        {{ sql }}
    {%- endcall %}
    {{ return(sql) }}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}
    {% set lines = model.alias ~ '__lines' %}
    {% set read_lines %}
        create or replace temporary view {{ lines }} (
            {% for column in agate_table.column_names -%}
                {{ column }} string{{ ',' if not loop.last }}
            {% endfor %}
        )
        using csv
        options (
            path "{{ model.root_path }}/{{ model.original_file_path }}",
            header "true",
            enforceSchema "false",
            multiLine "true",
            quote "\"",
            escape "\"",
            mode "FAILFAST"
        )
    {% endset %}
    {% do run_query(read_lines) %}
    {#- An empty cell is NULL, quoted or not, as on every other engine. -#}
    {% set insert %}
        insert into {{ this.render() }}
        select
            {% for column in agate_table.column_names -%}
                cast(nullif({{ column }}, '') as {{ dictionary_column_type(model, agate_table, column, loop.index0) }}) as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ lines }}
    {% endset %}
    {% do run_query(insert) %}
    {% do run_query('drop view if exists ' ~ lines) %}
    {{ return(insert) }}
{% endmacro %}

{% macro dictionary_column_type(model, agate_table, column, position) %}
    {% set stated = model.config.get('column_types', {}).get(column) %}
    {{ return(raw_type(stated or adapter.convert_type(agate_table, position))) }}
{% endmacro %}
