{#-
    The text of a field that people fill in: an option object's value or name, the first value of a list of options or of
    labels, or the text itself; NULL where it is empty.

    option_value   the field's `value`, where it is an object
    field_text     the field as text
-#}
{% macro option_text(option_value, field_text) -%}
    nullif(
        trim(
            coalesce(
                {{ option_value }},
                {{ first_match(field_text, '"value" *: *"([^"]*)"') }},
                {{ first_match(field_text, '"name" *: *"([^"]*)"') }},
                case
                    when left(replace({{ field_text }}, ' ', ''), 2) = '["' then {{ first_match(field_text, '"([^"]*)"') }}
                end,
                case when left({{ field_text }}, 1) not in ('[', '{') then {{ field_text }} end
            )
        ),
        ''
    )
{%- endmacro %}
