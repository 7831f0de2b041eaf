{#-
    Columns that were declared since a raw table was landed. What earlier landings read of such a column lies in `_extra`,
    under its name or as the vendor spells it.
-#}
{% macro add_raw_columns(source_nodes) %}
    {% set present = {} %}
    {% for row in run_query(
        "select table_schema || '.' || table_name || '.' || column_name from information_schema.columns "
        ~ "where table_schema like 'raw%' and table_catalog = '" ~ target.database ~ "'"
    ).rows %}
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
