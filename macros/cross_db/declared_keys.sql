{#-
    The primary and foreign keys that the database holds, as a select: `table_name` and `referenced_name` with their schemas
    (NULL of a primary key), and `key_name`. No rows where no foreign key can be declared at a table that exists.
-#}
{% macro declared_keys() -%}
    {{ return(adapter.dispatch('declared_keys', 'execution_scorecard')()) }}
{%- endmacro %}

{#- DuckDB adds no foreign key to a table that exists, and lets no table be replaced that one points at; Spark knows none. -#}
{% macro default__declared_keys() -%}
    select
        cast(null as {{ raw_type('text') }}) as table_name,
        cast(null as {{ raw_type('text') }}) as key_name,
        cast(null as {{ raw_type('text') }}) as referenced_name
    limit 0
{%- endmacro %}

{% macro postgres__declared_keys() -%}
    select
        namespaces.nspname || '.' || tables.relname as table_name,
        cast(keys.conname as text) as key_name,
        referenced_namespaces.nspname || '.' || referenced.relname as referenced_name
    from pg_constraint as keys
    inner join pg_class as tables on keys.conrelid = tables.oid
    inner join pg_namespace as namespaces on tables.relnamespace = namespaces.oid
    left join pg_class as referenced on keys.confrelid = referenced.oid
    left join pg_namespace as referenced_namespaces on referenced.relnamespace = referenced_namespaces.oid
    where keys.contype in ('p', 'f')
{%- endmacro %}

{#- Redshift keeps them for its planner alone and would trust them unchecked: none is told, so none is declared. -#}
{% macro redshift__declared_keys() -%}
    {{ return(execution_scorecard.default__declared_keys()) }}
{%- endmacro %}
