with

pooled_counts as (

    select * from {{ ref('stat_pooled_counts') }}

),

kpis as (

    select * from {{ ref('kpis') }}
    where statistic in ('share', 'census')

),

counted as (

    select
        pooled_counts.kpi,
        pooled_counts.period_id,
        pooled_counts.scope_type,
        pooled_counts.scope_id,
        kpis.statistic = 'share' as has_interval,
        pooled_counts.yes_count,
        pooled_counts.yes_explicit_count,
        pooled_counts.yes_count + pooled_counts.no_count as judged_count,
        pooled_counts.yes_count + pooled_counts.no_count + pooled_counts.unknown_count as all_count,
        pooled_counts.doubtful_count
    from pooled_counts
    inner join kpis
        on pooled_counts.kpi = kpis.kpi

),

known as (

    select
        counted.*,
        all_count - doubtful_count as known_count
    from counted

),

final as (

    select
        kpi,
        period_id,
        scope_type,
        scope_id,

        yes_count as numerator,
        judged_count as denominator,
        known_count,
        all_count,

        {{ divide('yes_count', 'judged_count') }} as pooled_share,
        case when has_interval then {{ share_interval_low('yes_count', 'judged_count') }} end as interval_low,
        case when has_interval then {{ share_interval_high('yes_count', 'judged_count') }} end as interval_high,
        {{ divide('yes_count', 'all_count') }} as bound_low,
        {{ divide('yes_count + doubtful_count', 'all_count') }} as bound_high,
        case when kpi = 'change_failure_rate' then {{ divide('yes_explicit_count', 'judged_count') }} end
            as explicit_only_value,
        -- The interval that a target is held against is wider where much is unknown.
        case
            when not has_interval then null
            when 10 * known_count >= 9 * all_count then {{ share_interval_low('yes_count', 'judged_count') }}
            else {{ share_interval_low('yes_count', 'all_count') }}
        end as test_low,
        case
            when not has_interval then null
            when 10 * known_count >= 9 * all_count then {{ share_interval_high('yes_count', 'judged_count') }}
            else {{ share_interval_high('(yes_count + doubtful_count)', 'all_count') }}
        end as test_high

    from known

)

select * from final
