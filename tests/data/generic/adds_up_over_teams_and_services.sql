{#- What a period of the company counts is the sum over its teams and the sum over its services: a row belongs to one of
    either at most ("no team" and "no service" among them). `keys` tell one sum from another beside the period; rows
    for which `has_teams_where` does not hold add up over services alone. -#}
{% test adds_up_over_teams_and_services(model, keys, counts, has_teams_where='true') %}
{%- set keys = keys + ['period_grain', 'period_start_on'] -%}
with

validated as (

    select
        *,
        {{ has_teams_where }} as has_teams
    from {{ model }}

),

part_types as (

    select 'team' as part_type

    union all

    select 'service' as part_type

),

company as (

    select
        validated.*,
        part_types.part_type
    from validated
    cross join part_types
    where
        validated.scope_type = 'company'
        and (validated.has_teams or part_types.part_type = 'service')

),

parts as (

    select
        {{ keys | join(', ') }},
        scope_type as part_type,
        {% for count in counts %}
            sum({{ count }}) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from validated
    where scope_type <> 'company'
    group by {{ keys | join(', ') }}, scope_type

),

final as (

    select
        {% for key in keys %}
            company.{{ key }},
        {% endfor %}
        company.part_type,
        {% for count in counts %}
            company.{{ count }},
            parts.{{ count }} as {{ count }}_of_parts{{ ',' if not loop.last }}
        {% endfor %}
    from company
    left join parts
        on
            company.part_type = parts.part_type
            {% for key in keys %}
                and coalesce(cast(company.{{ key }} as {{ raw_type('text') }}), '')
                = coalesce(cast(parts.{{ key }} as {{ raw_type('text') }}), '')
            {% endfor %}
    where
        {% for count in counts %}
            {{ 'or ' if not loop.first }}abs(coalesce(company.{{ count }}, 0) - coalesce(parts.{{ count }}, 0)) > 1e-6
        {% endfor %}

)

select * from final
{% endtest %}
