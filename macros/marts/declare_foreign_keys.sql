{#-
    Foreign keys of the marts, declared to the database when a build ends: a column of these names points at the dimension
    of that key, in every table that people read.

    Not by contract: a rebuilt dimension takes the keys that point at it along when its old table is dropped, so that a build
    of one dimension alone would lose them without a word. Here they are declared anew wherever one is missing. A key that
    the rows break is declared without being validated, and a warning says so: the build has its own tests for that.
-#}
{% macro declare_foreign_keys() %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% do adapter.dispatch('declare_foreign_keys', 'execution_scorecard')({
            'kpi': 'dim_kpis',
            'team_id': 'dim_teams',
            'service_id': 'dim_services',
        }) %}
    {% endif %}
{% endmacro %}

{#- DuckDB adds no foreign key to a table that exists, and lets no table be replaced that one points at; Spark knows none. -#}
{% macro default__declare_foreign_keys(dimensions) %}
{% endmacro %}

{#- Redshift keeps them for its planner alone and would trust them unchecked. -#}
{% macro redshift__declare_foreign_keys(dimensions) %}
{% endmacro %}

{% macro postgres__declare_foreign_keys(dimensions) %}
    {% set keys = run_query("
        select namespaces.nspname || '.' || tables.relname as table_name, keys.conname, keys.contype
        from pg_constraint as keys
        inner join pg_class as tables on keys.conrelid = tables.oid
        inner join pg_namespace as namespaces on tables.relnamespace = namespaces.oid
        where keys.contype in ('p', 'f')
    ") %}
    {% set tables = [] %}
    {% set declared = [] %}
    {% for key in keys.rows %}
        {% do (tables if key[2] == 'p' else declared).append(key[0] ~ ('' if key[2] == 'p' else '.' ~ key[1])) %}
    {% endfor %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.access == 'public' %}
        {% set table = node.schema ~ '.' ~ node.alias %}
        {% for column in node.columns if column in dimensions and node.name != dimensions[column] %}
            {% set dimension = node.schema ~ '.' ~ dimensions[column] %}
            {% set name = node.alias ~ '__' ~ column ~ '__fkey' %}
            {% if table in tables and dimension in tables and table ~ '.' ~ name not in declared %}
                {% do run_query(
                    'alter table ' ~ table ~ ' add constraint ' ~ name
                    ~ ' foreign key (' ~ column ~ ') references ' ~ dimension ~ ' (' ~ column ~ ') not valid'
                ) %}
                {% set orphans = run_query(
                    'select rows_here.' ~ column ~ ' from ' ~ table ~ ' as rows_here left join ' ~ dimension
                    ~ ' as dimension on rows_here.' ~ column ~ ' = dimension.' ~ column
                    ~ ' where rows_here.' ~ column ~ ' is not null and dimension.' ~ column ~ ' is null limit 1'
                ) %}
                {% if orphans.rows | length == 0 %}
                    {% do run_query('alter table ' ~ table ~ ' validate constraint ' ~ name) %}
                {% else %}
                    {% do exceptions.warn(
                        table ~ '.' ~ column ~ " names '" ~ orphans.rows[0][0] ~ "', which " ~ dimension
                        ~ ' does not list: the foreign key is declared, but not validated. Add it to the planning sheets.'
                    ) %}
                {% endif %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
