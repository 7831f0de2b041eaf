{#-
    A text column taken apart into words and what stands between them: all columns of `relation`, and for each piece
    `token` and `token_number` from 1. The tokens of a text, joined in their order, are the text. A word is a run of
    letters and digits of any alphabet; emoji and typographic marks part words as commas do.
-#}
{% macro word_tokens(relation, text_column) -%}
    {{ return(adapter.dispatch('word_tokens', 'execution_scorecard')(
        relation, text_column, '([' ~ word_characters() ~ ']+|[^' ~ word_characters() ~ ']+)'
    )) }}
{%- endmacro %}

{% macro default__word_tokens(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        unnest(regexp_extract_all({{ text_column }}, '{{ pattern }}', 1)) as token,
        unnest(range(1, len(regexp_extract_all({{ text_column }}, '{{ pattern }}', 1)) + 1)) as token_number
    from {{ relation }}
{%- endmacro %}

{% macro postgres__word_tokens(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        exploded.groups[1] as token,
        exploded.token_number
    from {{ relation }}
    cross join lateral
        regexp_matches({{ relation }}.{{ text_column }}, '{{ pattern }}', 'g')
        with ordinality as exploded (groups, token_number)
{%- endmacro %}

{% macro spark__word_tokens(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        exploded.token,
        exploded.token_position + 1 as token_number
    from {{ relation }}
    lateral view posexplode(regexp_extract_all({{ text_column }}, '{{ pattern }}', 1)) exploded as token_position, token
{%- endmacro %}

{% macro snowflake__word_tokens(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        cast(exploded.value as varchar) as token,
        exploded.index + 1 as token_number
    from {{ relation }}
    cross join lateral flatten(
        input => regexp_substr_all({{ relation }}.{{ text_column }}, '{{ pattern }}', 1, 1, 'e', 1)
    ) as exploded
{%- endmacro %}

{% macro bigquery__word_tokens(relation, text_column, pattern) -%}
    select
        {{ relation }}.*,
        token,
        zero_position + 1 as token_number
    from {{ relation }}
    cross join unnest(regexp_extract_all({{ relation }}.{{ text_column }}, r'{{ pattern }}')) as token
        with offset as zero_position
{%- endmacro %}

{% macro redshift__word_tokens(relation, text_column, pattern) -%}
    {#- No function gives all matches: a list as long as their count is unnested, and each place asked for its match. -#}
    select
        counted.* exclude (match_places),
        regexp_substr(counted.{{ text_column }}, '{{ pattern }}', 1, cast(zero_position as integer) + 1, 'ep') as token,
        zero_position + 1 as token_number
    from (
        select
            *,
            split_to_array(repeat(',', regexp_count({{ text_column }}, '{{ pattern }}', 1, 'p') - 1), ',') as match_places
        from {{ relation }}
        where regexp_count({{ text_column }}, '{{ pattern }}', 1, 'p') > 0
    ) as counted, counted.match_places as match_place at zero_position
{%- endmacro %}
