{#-
    Foreign keys of the marts, declared to the database when a build ends: a column of these names points at the dimension
    of that key, in every table that people read.

    Not by contract: a rebuilt dimension takes the keys that point at it along when its old table is dropped, so that a build
    of one dimension alone would lose them without a word. Here they are declared anew wherever one is missing. A key that
    the rows break is declared without being validated, and a warning says so: the build has its own tests for that. An
    engine that takes no foreign keys tells of no primary key either, so that nothing is declared there.
-#}
{% macro declare_foreign_keys() %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% set dimensions = {
            'kpi': 'dim_kpis',
            'team_id': 'dim_teams',
            'service_id': 'dim_services',
        } %}
        {% set tables = [] %}
        {% set declared = [] %}
        {% for key in run_query(declared_keys()).rows %}
            {% do (declared if key['referenced_name'] else tables).append(
                key['table_name'] ~ ('.' ~ key['key_name'] if key['referenced_name'] else '')
            ) %}
        {% endfor %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' and node.access == 'public' %}
            {% set table = node.schema ~ '.' ~ node.alias %}
            {% for column in node.columns if column in dimensions and node.name != dimensions[column] %}
                {% set dimension = node.schema ~ '.' ~ dimensions[column] %}
                {% set name = node.alias ~ '__' ~ column ~ '__fkey' %}
                {% if table in tables and dimension in tables and table ~ '.' ~ name not in declared %}
                    {% do declare_foreign_key(table, name, column, dimension) %}
                {% endif %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
