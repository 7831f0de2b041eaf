{#- A template column with every {name} replaced by the text expression given for it; a NULL expression leaves nothing. -#}
{% macro fill_template(template, places) -%}
    {%- set filled = namespace(expression=template) -%}
    {%- for name, expression in places.items() -%}
        {%- set filled.expression = "replace(" ~ filled.expression ~ ", '{" ~ name ~ "}', coalesce(" ~ expression ~ ", ''))" -%}
    {%- endfor -%}
    {{ return(filled.expression) }}
{%- endmacro %}
