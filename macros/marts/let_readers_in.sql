{#-
    Roles named in SCORECARD_READERS get into the schema of the marts when a build ends. That they may read the tables in it
    is each table's own configuration (dbt_project.yml), which dbt applies whenever it makes the table.
-#}
{% macro let_readers_in() %}
    {% set readers = env_var('SCORECARD_READERS', '').replace(' ', '') %}
    {% if execute and readers and flags.WHICH in ('build', 'run') %}
        {% for schema in graph.nodes.values() | selectattr('config.grants') | map(attribute='schema') | unique %}
            {% set statement_text = grant_schema(schema, readers.split(',')) | trim %}
            {% if statement_text %}
                {% do run_query(statement_text) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
