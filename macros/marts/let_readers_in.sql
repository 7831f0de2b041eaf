{#-
    Roles named in SCORECARD_READERS get into the schema of the marts when a build ends. That they may read the tables in it
    is each table's own configuration (dbt_project.yml), which dbt applies whenever it makes the table.
-#}
{% macro let_readers_in() %}
    {% set readers = env_var('SCORECARD_READERS', '').replace(' ', '') %}
    {% if execute and readers and flags.WHICH in ('build', 'run') %}
        {% do adapter.dispatch('let_readers_in', 'execution_scorecard')(readers.split(',')) %}
    {% endif %}
{% endmacro %}

{#- DuckDB and Spark have no roles; of the others, each has a way of its own to let a role into a schema. -#}
{% macro default__let_readers_in(readers) %}
{% endmacro %}

{% macro postgres__let_readers_in(readers) %}
    {% set schemas = graph.nodes.values() | selectattr('config.grants') | map(attribute='schema') | unique %}
    {% for schema in schemas %}
        {% do run_query('grant usage on schema ' ~ schema ~ ' to ' ~ readers | join(', ')) %}
    {% endfor %}
{% endmacro %}
