{#-
    A text as a number of type `bigint`, `integer` or `double precision`; NULL where it is none, or too long for the type.
    The engines' own casts differ: some round '1.5' to a whole number, some stop the build.
    Not called safe_cast: dbt has a macro of that name, which this one would replace in every unit test.
-#}
{% macro safe_number(expression, data_type) -%}
    {%- set patterns = {
        'integer': '^[+-]?[0-9]{1,9}$',
        'bigint': '^[+-]?[0-9]{1,18}$',
        'double precision': '^[+-]?([0-9]{1,200}([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$',
    } -%}
    {%- if data_type not in patterns -%}
        {{ exceptions.raise_compiler_error("safe_number knows no type '" ~ data_type ~ "': name one of " ~ patterns | join(', ')) }}
    {%- endif -%}
    {#- The case stands within the cast: a literal is cast while planning, in whatever branch it stands. -#}
    cast(
        case when {{ matches(expression, "'" ~ patterns[data_type] ~ "'") }} then {{ expression }} end
        as {{ raw_type(data_type) }}
    )
{%- endmacro %}
