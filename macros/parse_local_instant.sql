{#- The UTC timestamp of what a sheet says: a bare date is that day in the reporting time zone, from its beginning. -#}
{% macro parse_local_instant(expression) -%}
    case
        when {{ matches(expression, "'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'") }} then {{ to_utc(parse_date(expression)) }}
        else {{ parse_instant(expression) }}
    end
{%- endmacro %}
