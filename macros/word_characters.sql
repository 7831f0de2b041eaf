{#- What words are made of, for a class of a regular expression. -#}
{% macro word_characters() -%}
    {{ return('0-9A-Za-zÀ-ÖØ-öø-῿⺀-⿿぀-퟿豈-﷿') }}
{%- endmacro %}
