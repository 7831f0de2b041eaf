{%- set withheld_columns = [
    'p85',
    'interval_low',
    'interval_high',
    'test_low',
    'test_high',
    'bound_low',
    'bound_high',
    'explicit_only_value',
] -%}
with

measures as (

    select * from {{ ref('stat_measures') }}

),

null_reasons as (

    select * from {{ ref('stat_null_reasons') }}

),

final as (

    select
        measures.kpi,
        measures.period_id,
        measures.scope_type,
        measures.scope_id,

        null_reasons.null_reason,
        null_reasons.missing_sources,
        null_reasons.short_sources,
        null_reasons.stale_sources,
        null_reasons.missing_quarters,
        case
            when coalesce(null_reasons.null_reason, 'none_finished') = 'none_finished' then measures.survival_reason
        end as survival_reason,

        measures.numerator,
        measures.denominator,
        measures.n,
        measures.unknown_count,
        measures.immature_count,
        measures.excluded_count,
        measures.inferred_count,
        measures.open_count,
        measures.known_count,
        measures.all_count,

        case when null_reasons.null_reason is null then measures.measured_value end as value, -- noqa: RF04
        {% for column in withheld_columns %}
            case when null_reasons.null_reason is null then measures.{{ column }} end as {{ column }},
        {% endfor %}
        {{ divide('measures.known_count', 'measures.all_count') }} as coverage,
        case
            when measures.all_count = 0 then null
            when 10 * measures.known_count >= 9 * measures.all_count then 'full'
            when 10 * measures.known_count >= 7 * measures.all_count then 'caution'
            else 'poor'
        end as coverage_band,
        measures.open_oldest_seconds,
        {{ divide('measures.open_count', 'measures.open_count + measures.n') }} as open_share,
        case when null_reasons.null_reason is null then measures.survival_median end as survival_median,

        null_reasons.is_stale,
        measures.is_service_level

    from measures
    inner join null_reasons
        on
            measures.kpi = null_reasons.kpi
            and measures.period_id = null_reasons.period_id
            and measures.scope_type = null_reasons.scope_type
            and measures.scope_id = null_reasons.scope_id

)

select * from final
