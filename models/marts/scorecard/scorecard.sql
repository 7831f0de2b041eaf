{{ config(group='statistics') }}
{%- set key_join = "
        on
            stat_values.kpi = {0}.kpi
            and stat_values.period_id = {0}.period_id
            and stat_values.scope_type = {0}.scope_type
            and stat_values.scope_id = {0}.scope_id" -%}
with

stat_values as (

    select * from {{ ref('stat_values') }}

),

kpis as (

    select * from {{ ref('dim_kpis') }}

),

periods as (

    select * from {{ ref('stat_periods') }}

),

scopes as (

    select * from {{ ref('stat_scopes') }}

),

statuses as (

    select * from {{ ref('stat_statuses') }}

),

signals as (

    select * from {{ ref('stat_signals') }}

),

sentences as (

    select * from {{ ref('stat_sentences') }}

),

first_publications as (

    select * from {{ ref('stat_first_publications') }}

),

data_origins as (

    select * from {{ ref('stat_data_origins') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        stat_values.kpi || ':' || stat_values.period_id
        || ':' || stat_values.scope_type || ':' || stat_values.scope_id
            as scorecard_id,
        stat_values.kpi,
        kpis.accountability,
        stat_values.scope_type,
        stat_values.scope_id,

        kpis.kpi_name,
        kpis.accountability_name,
        scopes.scope_name,
        periods.period_grain,
        kpis.unit,
        kpis.better,
        stat_values.coverage_band,
        stat_values.survival_reason,
        statuses.target_owner,
        statuses.status,
        statuses.status_reason,
        -- A stock drifts, so that its chart is never judged, however few its points.
        coalesce(signals.signal, case when kpis.statistic = 'census' then 'none' end) as signal, -- noqa: RF04
        coalesce(
            signals.signal_reason,
            case when kpis.statistic = 'census' then 'drifting_stock' else 'too_few_points' end
        ) as signal_reason,
        stat_values.null_reason,
        stat_values.missing_quarters,
        case when stat_values.is_service_level then 'service_level' end as measured_by,
        sentences.sentence,
        data_origins.data_origin,
        cast('{{ var("reporting_timezone") }}' as {{ raw_type('text') }}) as reporting_timezone,

        kpis.kpi_number,
        stat_values.value,
        stat_values.numerator,
        stat_values.denominator,
        stat_values.n,
        stat_values.p85,
        stat_values.interval_low,
        stat_values.interval_high,
        stat_values.bound_low,
        stat_values.bound_high,
        stat_values.unknown_count,
        stat_values.coverage,
        stat_values.immature_count,
        stat_values.excluded_count,
        stat_values.inferred_count,
        stat_values.open_count,
        stat_values.open_oldest_seconds,
        stat_values.open_share,
        stat_values.survival_median,
        stat_values.explicit_only_value,
        previous_values.value as previous_value,
        statuses.target,
        coalesce(signals.chart_points, 0) as chart_points,
        signals.chart_middle,
        signals.chart_low,
        signals.chart_high,
        kpis.definition_version,
        first_publications.first_published_value,
        first_publications.first_published_definition_version,

        periods.period_grain = kpis.headline_grain as is_headline_grain,
        periods.recency = 1 as is_latest_period,
        coalesce(signals.is_signal_drawn, false) as is_signal_drawn,

        periods.period_start_on,
        periods.period_end_on,
        statuses.target_from_on,
        periods.period_start_at,
        periods.period_end_at,
        first_publications.first_published_at,
        as_of.as_of

    from stat_values
    inner join kpis
        on stat_values.kpi = kpis.kpi
    inner join periods
        on stat_values.period_id = periods.period_id
    inner join scopes
        on
            stat_values.kpi = scopes.kpi
            and stat_values.scope_type = scopes.scope_type
            and stat_values.scope_id = scopes.scope_id
    inner join statuses{{ key_join.format('statuses') }}
    inner join sentences{{ key_join.format('sentences') }}
    cross join data_origins
    cross join as_of
    left join signals
        on
            stat_values.kpi = signals.kpi
            and stat_values.scope_type = signals.scope_type
            and stat_values.scope_id = signals.scope_id
            and periods.last_month_on = signals.last_month_on
    left join stat_values as previous_values
        on
            stat_values.kpi = previous_values.kpi
            and periods.previous_period_id = previous_values.period_id
            and stat_values.scope_type = previous_values.scope_type
            and stat_values.scope_id = previous_values.scope_id
    left join first_publications
        on
            stat_values.kpi = first_publications.kpi
            and stat_values.period_id = first_publications.period_id
            and stat_values.scope_type = first_publications.scope_type
            and stat_values.scope_id = first_publications.scope_id
    where periods.is_shown

)

select * from final
