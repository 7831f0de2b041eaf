{#-
    Every row of a relation once for the company, once for its team and once for its service (`no_team`, `no_service` where
    it has none): all columns of the relation and scope_type, scope_id.
-#}
{% macro by_scope(relation) -%}
    select
        {{ relation }}.*,
        'company' as scope_type,
        'company' as scope_id
    from {{ relation }}

    union all

    select
        {{ relation }}.*,
        'team' as scope_type,
        coalesce({{ relation }}.team_id, 'no_team') as scope_id
    from {{ relation }}

    union all

    select
        {{ relation }}.*,
        'service' as scope_type,
        coalesce({{ relation }}.service_id, 'no_service') as scope_id
    from {{ relation }}
{%- endmacro %}
