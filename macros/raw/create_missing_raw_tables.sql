{#-
    A tool that nobody landed costs no configuration: every declared raw table that is missing is created empty,
    with the columns that landing adds to each. A table that an earlier release landed gets the columns that were
    declared since. Compiling alone touches no database.
-#}
{% macro create_missing_raw_tables() %}
    {% if execute and flags.WHICH != 'compile' %}
        {% for schema in graph.sources.values() | map(attribute='schema') | unique %}
            {% do run_query('create schema if not exists ' ~ schema) %}
        {% endfor %}
        {% do create_raw_tables(graph.sources.values()) %}
        {% if lands_in_tables() %}
            {% do add_raw_columns(graph.sources.values()) %}
            {% do draw_missing_salt() %}
        {% endif %}
    {% endif %}
{% endmacro %}
