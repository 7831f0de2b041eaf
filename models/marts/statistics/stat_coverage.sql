with

kpis as (

    select * from {{ ref('kpis') }}

),

kpi_sources as (

    select * from {{ ref('kpi_sources') }}

),

source_spans as (

    select * from {{ ref('stat_source_spans') }}

),

periods as (

    select * from {{ ref('stat_periods') }}

),

judged as (

    select
        kpis.kpi,
        periods.period_id,
        kpi_sources.requirement,
        kpi_sources.requirement_name,
        kpi_sources.needs = 'span_if_loaded' and not source_spans.is_loaded as is_waived,
        source_spans.is_loaded,
        source_spans.is_stale,
        case
            when kpi_sources.needs = 'loaded' then source_spans.is_loaded
            when kpi_sources.needs = 'end'
                then source_spans.is_loaded and coalesce(source_spans.covers_to >= periods.period_end_at, false)
            else
                source_spans.is_loaded
                and coalesce(source_spans.covers_from <= periods.coverage_start_at, false)
                and coalesce(source_spans.covers_to >= periods.period_end_at, false)
        end as is_covering
    from kpis
    inner join kpi_sources
        on kpis.kpi = kpi_sources.kpi
    inner join source_spans
        on kpi_sources.role = source_spans.role
    inner join periods
        on periods.period_grain in (kpis.base_grain, kpis.headline_grain)

),

-- Roles of one requirement stand in for each other.
requirements as (

    select
        kpi,
        period_id,
        requirement,
        requirement_name,
        {{ any_true('is_loaded') }} as is_loaded,
        {{ any_true('is_covering') }} as is_covering,
        {{ every_true('case when is_loaded then is_stale else true end') }} as is_stale
    from judged
    where not is_waived
    group by
        kpi,
        period_id,
        requirement,
        requirement_name

),

named as (

    select
        requirements.*,
        case when not is_loaded then requirement_name end as missing_source,
        case when is_loaded and not is_covering then requirement_name end as short_source,
        case when is_loaded and is_stale then requirement_name end as stale_source
    from requirements

),

final as (

    select
        kpi,
        period_id,

        {{ joined_text('missing_source', ', ') }} as missing_sources,
        {{ joined_text('short_source', ', ') }} as short_sources,
        {{ joined_text('stale_source', ', ') }} as stale_sources,

        {{ every_true('is_loaded') }} as is_loaded,
        {{ every_true('is_covering') }} as is_covering,
        {{ any_true('is_loaded and is_stale') }} as is_stale

    from named
    group by
        kpi,
        period_id

)

select * from final
