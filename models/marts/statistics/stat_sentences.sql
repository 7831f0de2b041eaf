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

parts as (

    select * from {{ ref('stat_sentence_parts') }}

),

kpis as (

    select * from {{ ref('kpis') }}

),

periods as (

    select * from {{ ref('stat_periods') }}

),

signals as (

    select * from {{ ref('stat_signals') }}

),

null_reasons as (

    select * from {{ ref('null_reasons') }}

),

signal_reasons as (

    select * from {{ ref('signal_reasons') }}

),

clauses as (

    select
        stat_values.kpi,
        stat_values.period_id,
        stat_values.scope_type,
        stat_values.scope_id,
        stat_values.null_reason,
        kpis.statistic,
        coalesce(stat_values.coverage_band, 'full') as coverage_band,
        case
            when stat_values.is_service_level and kpis.kpi = 'delivery_predictability'
                then '{value} of issues finished within the service level of their team'
            else kpis.sentence
        end as wording,
        {{ fill_template('null_reasons.sentence', {
            'missing_sources': 'stat_values.missing_sources',
            'short_sources': 'stat_values.short_sources',
            'immature': 'parts.immature_things_text',
            'total': 'parts.known_things_text',
            'unknown': 'parts.unknown_things_text',
            'open': 'parts.open_text',
        }) }} as null_sentence,
        parts.value_text,
        parts.bounds_text,
        parts.coverage_text,
        case
            when kpis.statistic = 'census' then ''
            when stat_values.interval_low is null then 'too few for a plausible range; '
            else 'plausibly ' || parts.interval_text || '; '
        end as interval_clause,
        (
            parts.counts_text
            || case when parts.open_text is null then '' else ', ' || parts.open_text end
            || case when parts.unknown_text is null then '' else ', ' || parts.unknown_text end
        ) as counts_clause,
        case
            when stat_values.survival_median is not null
                then ' Counting those still open, half take ' || parts.survival_median_text || ' or less.'
            when stat_values.survival_reason = 'not_reached'
                then ' Counting those still open, half have not finished yet.'
            else ''
        end as survival_clause,
        case
            when stat_values.missing_quarters is null then ''
            else ' Quarters without a baseline: ' || stat_values.missing_quarters || '.'
        end as quarters_clause,
        {{ fill_template('signal_reasons.sentence', {
            'direction': "case signals.signal when 'improving' then 'for the better' else 'for the worse' end",
            'count': 'cast(signals.chart_points as ' ~ dbt.type_string() ~ ')',
            'points': "case kpis.base_grain when 'quarter' then 'quarters' else 'months' end",
            'point': "case kpis.base_grain when 'quarter' then 'quarter' else 'month' end",
            'nouns': 'kpis.noun_plural',
        }) }} as signal_clause
    from stat_values
    inner join parts{{ key_join.format('parts') }}
    inner join kpis
        on stat_values.kpi = kpis.kpi
    inner join periods
        on stat_values.period_id = periods.period_id
    left join null_reasons
        on stat_values.null_reason = null_reasons.null_reason
    left join signals
        on
            stat_values.kpi = signals.kpi
            and stat_values.scope_type = signals.scope_type
            and stat_values.scope_id = signals.scope_id
            and periods.last_month_on = signals.last_month_on
    left join signal_reasons
        on signals.signal_reason = signal_reasons.signal_reason

),

final as (

    select
        kpi,
        period_id,
        scope_type,
        scope_id,

        case
            when null_reason = 'no_baseline' then null_sentence || quarters_clause
            when null_reason is not null then null_sentence
            when coverage_band = 'poor' and statistic = 'median'
                then (
                    'No number is shown, because only ' || coverage_text
                    || ' could be measured (' || counts_clause || ').'
                )
            when coverage_band = 'poor'
                then (
                    replace(wording, '{value}', 'Between ' || bounds_text)
                    || ' (only ' || coverage_text || ' could be judged; ' || counts_clause || ').'
                    || quarters_clause
                )
            else (
                replace(wording, '{value}', value_text)
                || ' (' || interval_clause || counts_clause || ').'
                || case
                    when coverage_band = 'caution' then ' With caution: only ' || coverage_text || ' is known.'
                    else ''
                end
                || survival_clause
                || quarters_clause
                || case when coalesce(signal_clause, '') = '' then '' else ' ' || signal_clause end
            )
        end as sentence

    from clauses

)

select * from final
