{#-
    A table under contract is created with its columns' comments and filled then: the adapter's own `create table … as` can
    carry none, and one statement a column would take as long as the build. All other tables are made as the adapter does.
-#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if temporary or language != 'sql' or not config.get('contract').enforced -%}
        {{ dbt.spark__create_table_as(temporary, relation, compiled_code, language) }}
    {%- else -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- set create %}
            create table {{ relation }} (
                {% for column in model.columns.values() -%}
                    {{ column.name }} {{ raw_type(column.data_type) }}
                    {%- if config.persist_column_docs() and column.description %} comment '{{ escape_single_quotes(column.description) }}'{% endif -%}
                    {{ ',' if not loop.last }}
                {% endfor %}
            )
            {{ file_format_clause() }}
            {{ options_clause() }}
            {{ tblproperties_clause() }}
            {{ partition_cols(label='partitioned by') }}
            {{ clustered_cols(label='clustered by') }}
            {{ location_clause() }}
            {{ comment_clause() }}
        {%- endset -%}
        {%- do run_query(create) -%}
        insert into {{ relation }}
        {{ get_select_subquery(compiled_code) }}
    {%- endif -%}
{%- endmacro %}

{#- The adapter escapes quotes, but not what a backslash in a description would escape. -#}
{% macro spark__comment_clause() -%}
    {%- if config.persist_relation_docs() and model.description -%}
        comment '{{ escape_single_quotes(model.description) }}'
    {%- endif -%}
{%- endmacro %}
