{#- What dbt's adapter for Spark leaves to do. -#}

{#- A contract states the types of the project's own names; Spark knows some of them under another. -#}
{% macro spark__get_empty_schema_sql(columns) %}
    select
        {% for column in columns.values() -%}
            cast(null as {{ raw_type(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
        {% endfor %}
{% endmacro %}

{#- In a literal of Spark's a backslash escapes what follows. -#}
{% macro spark__escape_single_quotes(expression) -%}
    {{ expression | replace('\\', '\\\\') | replace("'", "\\'") }}
{%- endmacro %}
