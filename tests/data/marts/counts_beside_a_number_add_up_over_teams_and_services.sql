-- A row belongs to one team and one service at most, so that a count of the company is the sum over either.
with

supporting_figures as (

    select * from {{ ref('scorecard_supporting_figures') }}
    where
        figure in (
            'changes_without_review',
            'carried_over',
            'files_without_current_author',
            'episodes',
            'total_impact',
            'open_episodes',
            'transient_episodes',
            'severe_escaped_defects',
            'misses',
            'added_after_baseline',
            'aspirational'
        )

),

scope_types as (

    select 'team' as scope_type

    union all

    select 'service' as scope_type

),

company as (

    select
        supporting_figures.figure,
        supporting_figures.period_grain,
        supporting_figures.period_start_on,
        coalesce(supporting_figures.breakdown, '') as breakdown,
        scope_types.scope_type,
        supporting_figures.value
    from supporting_figures
    cross join scope_types
    where
        supporting_figures.scope_type = 'company'
        -- Teams that are measured by service level are no part of the company's sprints.
        and (supporting_figures.figure <> 'carried_over' or scope_types.scope_type = 'service')

),

parts as (

    select
        figure,
        period_grain,
        period_start_on,
        coalesce(breakdown, '') as breakdown,
        scope_type,
        sum(value) as value -- noqa: RF04
    from supporting_figures
    where scope_type <> 'company'
    group by
        figure,
        period_grain,
        period_start_on,
        coalesce(breakdown, ''),
        scope_type

),

final as (

    select
        company.figure,
        company.period_grain,
        company.period_start_on,
        company.breakdown,
        company.scope_type,
        company.value,
        parts.value as value_of_parts
    from company
    left join parts
        on
            company.figure = parts.figure
            and company.period_grain = parts.period_grain
            and company.period_start_on = parts.period_start_on
            and company.breakdown = parts.breakdown
            and company.scope_type = parts.scope_type
    where abs(coalesce(company.value, 0) - coalesce(parts.value, 0)) > 1e-6

)

select * from final
