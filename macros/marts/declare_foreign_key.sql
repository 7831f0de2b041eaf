{#- One foreign key, with a warning where the rows break it. -#}
{% macro declare_foreign_key(table, name, column, dimension) %}
    {% set orphans = run_query(
        'select rows_here.' ~ column ~ ' from ' ~ table ~ ' as rows_here left join ' ~ dimension
        ~ ' as dimension on rows_here.' ~ column ~ ' = dimension.' ~ column
        ~ ' where rows_here.' ~ column ~ ' is not null and dimension.' ~ column ~ ' is null limit 1'
    ).rows %}
    {% do run_query(
        'alter table ' ~ table ~ ' add constraint ' ~ name ~ ' foreign key (' ~ column ~ ') references ' ~ dimension
        ~ ' (' ~ column ~ ') ' ~ (unvalidated() if orphans else '')
    ) %}
    {% if orphans %}
        {% do exceptions.warn(
            table ~ '.' ~ column ~ " names '" ~ orphans[0][0] ~ "', which " ~ dimension
            ~ ' does not list: the foreign key is declared, but not validated. Add it to the planning sheets.'
        ) %}
    {% endif %}
{% endmacro %}
