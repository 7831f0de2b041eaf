{#-
    A regular expression without groups that do not capture (`(?:…)`), for engines that know none: the pattern with every
    group capturing, and the number that its one capturing group (the first `(` without `?:`) then has. Jinja, no SQL.
-#}
{% macro capturing_group(pattern) -%}
    {%- set found = namespace(number=none) -%}
    {%- for part in pattern.split('(')[1:] -%}
        {%- if found.number is none and not part.startswith('?:') -%}
            {%- set found.number = loop.index -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'pattern': pattern | replace('(?:', '('), 'number': found.number}) }}
{%- endmacro %}
