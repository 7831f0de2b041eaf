{#-
    When a build begins, no foreign key ties a table that it rebuilds to another: dbt drops each replaced table, which takes the keys
    at it along and needs both their tables, so that two threads would wait for each other and the database end one of them.

    Each key goes by itself, so that a reader is never waited for with a table in hand. declare_foreign_keys() declares them
    anew when the build ends, also where it failed.
-#}
{% macro drop_foreign_keys() %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% set rebuilt = [] %}
        {% for node in graph.nodes.values() if node.unique_id in selected_resources and node.access == 'public' %}
            {% do rebuilt.append(node.schema ~ '.' ~ node.alias) %}
        {% endfor %}
        {% for key in run_query(declared_keys()).rows if key['referenced_name'] and key['key_name'].endswith('__fkey') %}
            {% if key['table_name'] in rebuilt or key['referenced_name'] in rebuilt %}
                {% call statement('drop_foreign_key', auto_begin=true) %}
                    alter table {{ key['table_name'] }} drop constraint {{ key['key_name'] }}
                {% endcall %}
                {% do adapter.commit() %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
