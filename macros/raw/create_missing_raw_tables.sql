{#-
    A tool that nobody landed costs no configuration: every declared raw table that is missing is created empty,
    with the columns that landing adds to each.
-#}
{% macro create_missing_raw_tables() %}
    {% if execute %}
        {% set schemas = [] %}
        {% for source_node in graph.sources.values() %}
            {% if source_node.schema not in schemas %}
                {% do schemas.append(source_node.schema) %}
                {% do run_query('create schema if not exists ' ~ source_node.schema) %}
            {% endif %}
        {% endfor %}
        {% for source_node in graph.sources.values() %}
            {% set columns = [] %}
            {% for column in source_node.columns.values() %}
                {% do columns.append(column.name ~ ' ' ~ raw_type(column.data_type)) %}
            {% endfor %}
            {% if source_node.schema != 'raw_meta' %}
                {% do columns.append('_extra ' ~ raw_type('text')) %}
                {% do columns.append('_load_id ' ~ raw_type('bigint')) %}
                {% do columns.append('_row_number ' ~ raw_type('bigint')) %}
            {% endif %}
            {% do run_query(
                'create table if not exists ' ~ source_node.schema ~ '.' ~ source_node.identifier
                ~ ' (' ~ columns | join(', ') ~ ')'
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
