with

monthly_counts as (

    select * from {{ ref('stat_monthly_counts') }}
    where kpi = 'roadmap_accuracy'

),

kpi_period_months as (

    select * from {{ ref('stat_kpi_period_months') }}
    where kpi = 'roadmap_accuracy'

),

-- A quarter has a baseline when at least one of its items was held against one.
baselined_months as (

    select month_on
    from monthly_counts
    group by month_on
    having sum(baselined_count) > 0

),

quarters as (

    select
        kpi_period_months.period_id,
        {{ quarter_label('kpi_period_months.month_on') }} as quarter_label,
        count(baselined_months.month_on) > 0 as has_baseline
    from kpi_period_months
    left join baselined_months
        on kpi_period_months.month_on = baselined_months.month_on
    group by
        kpi_period_months.period_id,
        {{ quarter_label('kpi_period_months.month_on') }}

),

named as (

    select
        period_id,
        has_baseline,
        case when not has_baseline then quarter_label end as missing_quarter
    from quarters

),

final as (

    select
        'roadmap_accuracy' as kpi,
        period_id,

        {{ joined_text('missing_quarter', ', ') }} as missing_quarters,

        {{ any_true('has_baseline') }} as has_baseline

    from named
    group by period_id

)

select * from final
