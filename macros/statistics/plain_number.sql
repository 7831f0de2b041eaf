{#-
    A number that is not negative as text for a sentence: rounded half up to one decimal, which is left out where it is 0
    unless `keep_decimal`. Whole-number arithmetic, so that every engine writes the same digits.
-#}
{% macro plain_number(expression, keep_decimal=false) -%}
    {%- set text = dbt.type_string() -%}
    {%- set tenths = "floor((" ~ expression ~ ") * 10 + 0.500000001)" -%}
    {%- set digit = "cast(" ~ tenths ~ " - 10 * floor(" ~ tenths ~ " / 10) as bigint)" -%}
    (
        cast(cast(floor({{ tenths }} / 10) as bigint) as {{ text }})
        || {% if keep_decimal -%}
        '.' || cast({{ digit }} as {{ text }})
        {%- else -%}
        case when {{ digit }} = 0 then '' else '.' || cast({{ digit }} as {{ text }}) end
        {%- endif %}
    )
{%- endmacro %}
