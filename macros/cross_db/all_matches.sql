{#-
    One row per match of a regular expression (a Jinja string with exactly one group) in a text column: all columns of
    `relation`, and the group as `matched`. The same match may come more than once.
-#}
{% macro all_matches(relation, text_column, pattern) -%}
    {{ return(adapter.dispatch('all_matches', 'execution_scorecard')(relation, text_column, pattern)) }}
{%- endmacro %}

{% macro default__all_matches(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        exploded.matched
    from {{ relation }}
    cross join lateral (
        select unnest(regexp_extract_all({{ relation }}.{{ text_column }}, '{{ pattern }}', 1)) as matched
    ) as exploded
{%- endmacro %}

{% macro postgres__all_matches(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        exploded.groups[1] as matched
    from {{ relation }}
    cross join lateral regexp_matches({{ relation }}.{{ text_column }}, '{{ pattern }}', 'g') as exploded (groups)
{%- endmacro %}

{% macro spark__all_matches(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        exploded.matched
    from {{ relation }}
    lateral view explode(regexp_extract_all({{ text_column }}, '{{ pattern | replace("\\", "\\\\") }}', 1)) exploded as matched
{%- endmacro %}
