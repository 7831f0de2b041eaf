{{ config(group='statistics') }}
with

supporting_figures as (

    select * from {{ ref('stat_supporting_figures') }}

),

figures as (

    select * from {{ ref('dim_supporting_figures') }}

),

kpis as (

    select * from {{ ref('dim_kpis') }}

),

periods as (

    select * from {{ ref('stat_periods') }}
    where is_shown

),

scopes as (

    select * from {{ ref('stat_scopes') }}

),

final as (

    select
        supporting_figures.supporting_figure_id,
        supporting_figures.kpi,
        supporting_figures.figure,
        supporting_figures.scope_type,
        supporting_figures.scope_id,

        figures.figure_name,
        figures.unit,
        figures.broken_down_by,
        supporting_figures.breakdown,
        scopes.scope_name,
        periods.period_grain,
        supporting_figures.null_reason,

        figures.figure_number,
        supporting_figures.value,
        supporting_figures.n,

        periods.period_grain = kpis.headline_grain as is_headline_grain,
        periods.recency = 1 as is_latest_period,

        periods.period_start_on,
        periods.period_end_on

    from supporting_figures
    inner join figures
        on supporting_figures.figure = figures.figure
    inner join kpis
        on supporting_figures.kpi = kpis.kpi
    inner join periods
        on supporting_figures.period_id = periods.period_id
    inner join scopes
        on
            supporting_figures.kpi = scopes.kpi
            and supporting_figures.scope_type = scopes.scope_type
            and supporting_figures.scope_id = scopes.scope_id

)

select * from final
