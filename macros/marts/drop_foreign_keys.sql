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
        {% do adapter.dispatch('drop_foreign_keys', 'execution_scorecard')(rebuilt) %}
    {% endif %}
{% endmacro %}

{#- Only Postgres has the keys that declare_foreign_keys() declares. -#}
{% macro default__drop_foreign_keys(rebuilt) %}
{% endmacro %}

{% macro redshift__drop_foreign_keys(rebuilt) %}
{% endmacro %}

{% macro postgres__drop_foreign_keys(rebuilt) %}
    {% set keys = run_query("
        select
            namespaces.nspname || '.' || tables.relname as table_name,
            referenced_namespaces.nspname || '.' || referenced.relname as referenced_name,
            keys.conname
        from pg_constraint as keys
        inner join pg_class as tables on keys.conrelid = tables.oid
        inner join pg_namespace as namespaces on tables.relnamespace = namespaces.oid
        inner join pg_class as referenced on keys.confrelid = referenced.oid
        inner join pg_namespace as referenced_namespaces on referenced.relnamespace = referenced_namespaces.oid
        where keys.contype = 'f'
    ") %}
    {% for key in keys.rows if key[2].endswith('__fkey') and (key[0] in rebuilt or key[1] in rebuilt) %}
        {% call statement('drop_foreign_key', auto_begin=true) %}
            alter table {{ key[0] }} drop constraint {{ key[2] }}
        {% endcall %}
        {% do adapter.commit() %}
    {% endfor %}
{% endmacro %}
