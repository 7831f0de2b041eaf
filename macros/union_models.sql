{#-
    The rows of several models that bear the same columns, one below the other: what each tool says in the words that all
    share becomes one list, and adding a tool is one line. The names of the models come first, then the columns to take.
-#}
{% macro union_models(models, columns) -%}
    {%- for model in models %}
    select
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}
