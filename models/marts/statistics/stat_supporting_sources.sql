with

figure_sources as (

    select * from {{ ref('supporting_figure_sources') }}

),

source_spans as (

    select * from {{ ref('stat_source_spans') }}

),

periods as (

    select * from {{ ref('stat_periods') }}

),

judged as (

    select
        figure_sources.figure,
        periods.period_id,
        source_spans.is_loaded,
        source_spans.is_loaded
        and coalesce(source_spans.covers_to >= periods.period_end_at, false)
        and (
            figure_sources.needs = 'end'
            or coalesce(
                source_spans.covers_from <= periods.coverage_start_at
                and source_spans.covers_from
                <= {{ add_seconds('periods.period_end_at', '-86400 * coalesce(figure_sources.days_back, 0)') }},
                false
            )
        ) as is_covering
    from figure_sources
    inner join source_spans
        on figure_sources.role = source_spans.role
    cross join periods

),

final as (

    select
        figure,
        period_id,

        case
            when not {{ every_true('is_loaded') }} then 'source_not_loaded'
            when not {{ every_true('is_covering') }} then 'source_not_covering'
        end as null_reason

    from judged
    group by
        figure,
        period_id

)

select * from final
