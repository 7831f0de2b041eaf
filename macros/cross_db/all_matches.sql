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

{% macro snowflake__all_matches(relation, text_column, pattern) -%}
    {%- set group = capturing_group(pattern) -%}
    select
        {{ relation }}.*,
        cast(exploded.value as varchar) as matched
    from {{ relation }}
    cross join lateral flatten(
        input => regexp_substr_all(
            {{ relation }}.{{ text_column }}, '{{ group.pattern | replace("\\", "\\\\") }}', 1, 1, 'e', {{ group.number }}
        )
    ) as exploded
{%- endmacro %}

{% macro bigquery__all_matches(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        matched
    from {{ relation }}
    cross join unnest(regexp_extract_all({{ relation }}.{{ text_column }}, r'{{ pattern }}')) as matched
{%- endmacro %}

{% macro redshift__all_matches(relation, text_column, pattern) -%}
    {#- No function gives all matches: a list as long as their count is unnested, and each place asked for its match. -#}
    {%- set escaped = pattern | replace("\\", "\\\\") -%}
    select
        counted.* exclude (match_places),
        regexp_substr(counted.{{ text_column }}, '{{ escaped }}', 1, cast(zero_position as integer) + 1, 'ep') as matched
    from (
        select
            *,
            split_to_array(repeat(',', regexp_count({{ text_column }}, '{{ escaped }}', 1, 'p') - 1), ',') as match_places
        from {{ relation }}
        where regexp_count({{ text_column }}, '{{ escaped }}', 1, 'p') > 0
    ) as counted, counted.match_places as match_place at zero_position
{%- endmacro %}
