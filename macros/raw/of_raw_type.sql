{#- A text that landing kept, as a declared type; NULL where it is none. Landing itself reads by the same patterns. -#}
{% macro of_raw_type(expression, data_type) -%}
    {%- if data_type == 'text' -%}
        {{ expression }}
    {%- elif data_type == 'boolean' -%}
        case {{ expression }} when 'true' then true when 'false' then false end
    {%- else -%}
        {%- set number = '^-?[0-9]{1,18}$' if data_type == 'bigint' else '^-?[0-9]{1,18}([.][0-9]{1,18})?$' -%}
        case
            when {{ matches(expression, "'" ~ number ~ "'") }} then cast({{ expression }} as {{ raw_type(data_type) }})
        end
    {%- endif -%}
{%- endmacro %}
