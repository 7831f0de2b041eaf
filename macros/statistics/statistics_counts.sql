{#- The counts that add up over months and scopes, a list of column names. -#}
{% macro statistics_counts() -%}
    {{ return([
        'yes_count',
        'no_count',
        'yes_explicit_count',
        'doubtful_count',
        'measured_count',
        'unknown_count',
        'inferred_count',
        'immature_count',
        'excluded_count',
    ]) }}
{%- endmacro %}
