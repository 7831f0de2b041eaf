"""What Metabase's sync asks of Postgres: tables and columns with comments, primary keys, foreign keys.

The same catalogs in the same manner: `pg_class` with `pg_description` for tables, `information_schema` with
`col_description` for columns and primary keys, `pg_constraint` for foreign keys. Whoever asks is told what
their rights let them see.
"""

from __future__ import annotations

TABLES = """
    select relations.relname as table_name, told.description
    from pg_catalog.pg_class as relations
    inner join pg_catalog.pg_namespace as schemas
        on relations.relnamespace = schemas.oid
    left join pg_catalog.pg_description as told
        on relations.oid = told.objoid
        and told.objsubid = 0
        and told.classoid = 'pg_class'::regclass
    where schemas.nspname = 'marts'
        and relations.relkind in ('r', 'p', 'v', 'f', 'm')
        and has_table_privilege(relations.oid, 'select')
    order by 1
"""

COLUMNS = """
    with

    primary_keys as (

        select constraints.table_schema, constraints.table_name, members.column_name
        from information_schema.table_constraints as constraints
        inner join information_schema.key_column_usage as members
            on constraints.constraint_name = members.constraint_name
            and constraints.table_schema = members.table_schema
            and constraints.table_name = members.table_name
        where constraints.constraint_type = 'PRIMARY KEY'

    )

    select
        columns.table_name,
        columns.column_name,
        columns.udt_name,
        col_description(
            format('%I.%I', columns.table_schema, columns.table_name)::regclass::oid,
            columns.ordinal_position
        ) as description,
        primary_keys.column_name is not null as is_primary_key
    from information_schema.columns as columns
    left join primary_keys
        on columns.table_schema = primary_keys.table_schema
        and columns.table_name = primary_keys.table_name
        and columns.column_name = primary_keys.column_name
    where columns.table_schema = 'marts'
    order by 1, columns.ordinal_position
"""

FOREIGN_KEYS = """
    select
        tables.relname as table_name,
        columns.attname as column_name,
        targets.relname as target_table,
        target_columns.attname as target_column
    from pg_catalog.pg_constraint as keys
    inner join pg_catalog.pg_class as tables
        on keys.conrelid = tables.oid
    inner join pg_catalog.pg_namespace as schemas
        on keys.connamespace = schemas.oid
    inner join pg_catalog.pg_attribute as columns
        on keys.conrelid = columns.attrelid
        and columns.attnum = any(keys.conkey)
    inner join pg_catalog.pg_class as targets
        on keys.confrelid = targets.oid
    inner join pg_catalog.pg_attribute as target_columns
        on keys.confrelid = target_columns.attrelid
        and target_columns.attnum = any(keys.confkey)
    where schemas.nspname = 'marts'
        and keys.contype = 'f'
    order by 1, 2
"""
