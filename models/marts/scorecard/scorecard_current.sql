with

scorecard as (

    select * from {{ ref('scorecard') }}

),

final as (

    select
        scorecard_id,
        kpi,
        accountability,
        scope_type,
        scope_id,

        kpi_name,
        accountability_name,
        scope_name,
        period_grain,
        unit,
        better,
        coverage_band,
        survival_reason,
        target_owner,
        status,
        status_reason,
        signal,
        signal_reason,
        null_reason,
        missing_quarters,
        measured_by,
        sentence,
        data_origin,
        reporting_timezone,

        kpi_number,
        value,
        numerator,
        denominator,
        n,
        p85,
        interval_low,
        interval_high,
        bound_low,
        bound_high,
        unknown_count,
        coverage,
        immature_count,
        excluded_count,
        inferred_count,
        open_count,
        open_oldest_seconds,
        open_share,
        survival_median,
        explicit_only_value,
        previous_value,
        target,
        chart_points,
        chart_middle,
        chart_low,
        chart_high,
        definition_version,
        first_published_value,
        first_published_definition_version,

        is_headline_grain,
        is_latest_period,
        is_signal_drawn,

        period_start_on,
        period_end_on,
        target_from_on,
        period_start_at,
        period_end_at,
        first_published_at,
        as_of
    from scorecard
    where
        scope_type = 'company'
        and is_headline_grain
        and is_latest_period

)

select * from final
