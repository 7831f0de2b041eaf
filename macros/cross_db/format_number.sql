{#- A number as text with a fixed count of decimals and a point, halves away from zero. -#}
{% macro format_number(expression, decimals) -%}
    {{ return(adapter.dispatch('format_number', 'execution_scorecard')(expression, decimals)) }}
{%- endmacro %}

{#- By way of its shortest decimal text: printf would round halves to even, and 0.125 is shown as 0.13 elsewhere. -#}
{% macro default__format_number(expression, decimals) -%}
    cast(cast(cast(cast({{ expression }} as double) as varchar) as decimal(38, {{ decimals }})) as varchar)
{%- endmacro %}

{% macro postgres__format_number(expression, decimals) -%}
    cast(round(cast({{ expression }} as numeric), {{ decimals }}) as text)
{%- endmacro %}

{% macro spark__format_number(expression, decimals) -%}
    cast(cast(cast(cast({{ expression }} as double) as string) as decimal(38, {{ decimals }})) as string)
{%- endmacro %}

{% macro snowflake__format_number(expression, decimals) -%}
    cast(cast({{ expression }} as decimal(38, {{ decimals }})) as varchar)
{%- endmacro %}

{% macro bigquery__format_number(expression, decimals) -%}
    format('%.{{ decimals }}f', round(cast(cast({{ expression }} as string) as bignumeric), {{ decimals }}))
{%- endmacro %}

{% macro redshift__format_number(expression, decimals) -%}
    cast(cast(round(cast({{ expression }} as decimal(38, 12)), {{ decimals }}) as decimal(38, {{ decimals }})) as varchar)
{%- endmacro %}
