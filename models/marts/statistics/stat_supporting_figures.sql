{%- set value_models = ['stat_supporting_pooled', 'stat_supporting_outcomes', 'stat_supporting_in_progress'] -%}
with

figures as (

    select * from {{ ref('supporting_figures') }}

),

stat_values as (

    select * from {{ ref('stat_values') }}

),

sources as (

    select * from {{ ref('stat_supporting_sources') }}

),

scoped_counts as (

    select * from {{ ref('stat_scoped_counts') }}

),

amounts as (

    {% for model in value_models %}
        select
            figure,
            period_id,
            scope_type,
            scope_id,
            breakdown,
            n,
            amount
        from {{ ref(model) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Where nothing that a KPI counts has ever had a service, a count of none for a service would say too much.
known_scope_types as (

    select
        kpi,
        scope_type
    from scoped_counts
    where scope_id not in ('no_team', 'no_service')
    group by
        kpi,
        scope_type

),

reasoned as (

    select
        stat_values.kpi,
        figures.figure,
        stat_values.period_id,
        stat_values.scope_type,
        stat_values.scope_id,
        amounts.breakdown,
        coalesce(amounts.n, 0) as n,
        amounts.amount,
        figures.seconds_per_unit,
        figures.is_zero_without_rows
        and (known_scope_types.kpi is not null or stat_values.scope_type = 'company') as is_zero_without_rows,
        -- What withholds a figure even where there are rows.
        case
            when
                figures.needs_kpi_sources
                and stat_values.null_reason in ('source_not_loaded', 'source_not_covering', 'no_baseline', 'immature')
                then stat_values.null_reason
            else sources.null_reason
        end as withheld_because,
        -- No figure has the KPI's least number of rows.
        case
            when figures.needs_kpi_sources and stat_values.null_reason <> 'below_min_n' then stat_values.null_reason
        end as kpi_null_reason
    from stat_values
    inner join figures
        on stat_values.kpi = figures.kpi
    left join sources
        on
            figures.figure = sources.figure
            and stat_values.period_id = sources.period_id
    left join known_scope_types
        on
            stat_values.kpi = known_scope_types.kpi
            and stat_values.scope_type = known_scope_types.scope_type
    left join amounts
        on
            figures.figure = amounts.figure
            and stat_values.period_id = amounts.period_id
            and stat_values.scope_type = amounts.scope_type
            and stat_values.scope_id = amounts.scope_id

),

valued as (

    select
        *,
        case
            when withheld_because is not null then null
            when amount is not null then {{ divide('amount', 'coalesce(seconds_per_unit, 1)') }}
            when is_zero_without_rows then 0
        end as value -- noqa: RF04
    from reasoned

),

final as (

    select
        figure || ':' || period_id || ':' || scope_type || ':' || scope_id || ':' || coalesce(breakdown, '')
            as supporting_figure_id,
        kpi,
        figure,
        period_id,
        scope_type,
        scope_id,

        breakdown,
        case when value is null then coalesce(withheld_because, kpi_null_reason, 'no_events') end as null_reason,

        cast(n as bigint) as n,
        value

    from valued

)

select * from final
