{#- Whether a lower-case text matches a dictionary entry: `exact`, `prefix` or `contains`. -#}
{% macro dictionary_match(text, marker, match_kind) -%}
    (
        ({{ match_kind }} = 'exact' and {{ text }} = {{ marker }})
        or ({{ match_kind }} = 'prefix' and left({{ text }}, length({{ marker }})) = {{ marker }})
        or ({{ match_kind }} = 'contains' and {{ dbt.position(marker, text) }} > 0)
    )
{%- endmacro %}
