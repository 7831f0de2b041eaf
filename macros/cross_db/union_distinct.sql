{#- The keyword that unites two selects and drops rows that come more than once; one engine wants it said in full. -#}
{% macro union_distinct() -%}
    {{ return(adapter.dispatch('union_distinct', 'execution_scorecard')()) }}
{%- endmacro %}

{% macro default__union_distinct() -%}
    union
{%- endmacro %}

{% macro bigquery__union_distinct() -%}
    union distinct
{%- endmacro %}
