{#- Months from the quarter of the calendar year to the quarter of the fiscal year that bears the same name; 0 where they are one. -#}
{% macro fiscal_shift() -%}
    {%- set start_month = var('fiscal_year_start_month') | int -%}
    {%- set named_after = var('fiscal_year_named_after') -%}
    {%- if start_month not in range(1, 13) or named_after not in ('start', 'end') -%}
        {{ exceptions.raise_compiler_error(
            'fiscal_year_start_month is ' ~ var('fiscal_year_start_month') ~ ', fiscal_year_named_after is ' ~ named_after
            ~ ': say a month from 1 to 12, and start or end.'
        ) }}
    {%- endif -%}
    {{ return(start_month - 1 - (12 if start_month > 1 and named_after == 'end' else 0)) }}
{%- endmacro %}
