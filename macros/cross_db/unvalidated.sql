{#- What follows a foreign key that the rows of its table break, so that the engine takes it without looking at them. -#}
{% macro unvalidated() -%}
    {{ return(adapter.dispatch('unvalidated', 'execution_scorecard')()) }}
{%- endmacro %}

{#- An engine that looks at no rows, or declares no keys, needs no word for it. -#}
{% macro default__unvalidated() -%}
{%- endmacro %}

{% macro postgres__unvalidated() -%}
    not valid
{%- endmacro %}

{% macro redshift__unvalidated() -%}
{%- endmacro %}
