{%- set counts = [
    'n', 'numerator', 'denominator', 'unknown_count', 'immature_count', 'excluded_count', 'inferred_count', 'open_count',
] -%}
-- A row belongs to one team and one service at most ("no team" and "no service" among them): what a period of the company
-- counts is the sum over either.
with

scorecard as (

    select * from {{ ref('scorecard') }}

),

scope_types as (

    select 'team' as scope_type

    union all

    select 'service' as scope_type

),

company as (

    select
        scorecard.*,
        scope_types.scope_type as part_type
    from scorecard
    cross join scope_types
    where
        scorecard.scope_type = 'company'
        -- Teams that are measured by service level are no part of the company's sprints.
        and (scorecard.kpi <> 'delivery_predictability' or scope_types.scope_type = 'service')

),

parts as (

    select
        kpi,
        period_grain,
        period_start_on,
        scope_type as part_type,
        {% for count in counts %}
            coalesce(sum({{ count }}), 0) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from scorecard
    where scope_type <> 'company'
    group by kpi, period_grain, period_start_on, scope_type

),

final as (

    select
        company.scorecard_id,
        company.part_type,
        {% for count in counts %}
            company.{{ count }},
            parts.{{ count }} as {{ count }}_of_parts{{ ',' if not loop.last }}
        {% endfor %}
    from company
    left join parts
        on
            company.kpi = parts.kpi
            and company.period_grain = parts.period_grain
            and company.period_start_on = parts.period_start_on
            and company.part_type = parts.part_type
    where
        {% for count in counts %}
            {{ 'or ' if not loop.first }}coalesce(company.{{ count }}, 0) <> coalesce(parts.{{ count }}, 0)
        {% endfor %}

)

select * from final
