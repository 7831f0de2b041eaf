{#- The columns of a raw table with their types, as they stand in its definition: the declared ones and those of landing. -#}
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
