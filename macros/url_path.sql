{#- A path as it stands in an address. -#}
{% macro url_path(path) -%}
    replace(replace(replace(replace({{ path }}, '%', '%25'), ' ', '%20'), '#', '%23'), '?', '%3F')
{%- endmacro %}
