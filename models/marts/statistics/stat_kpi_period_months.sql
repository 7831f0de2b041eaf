with

kpis as (

    select * from {{ ref('kpis') }}

),

periods as (

    select * from {{ ref('stat_periods') }}

),

offsets as (

    {{ dbt.generate_series(12) }}

),

period_months as (

    select
        periods.period_id,
        periods.period_grain,
        {{ add_months('periods.period_start_on', 'offsets.generated_number - 1') }} as month_on
    from periods
    inner join offsets
        on periods.months_long >= offsets.generated_number

),

final as (

    select
        kpis.kpi || ':' || period_months.period_id || ':' || cast(period_months.month_on as {{ dbt.type_string() }})
            as kpi_period_month_id,
        kpis.kpi,
        period_months.period_id,
        period_months.month_on
    from kpis
    inner join period_months
        on period_months.period_grain in (kpis.base_grain, kpis.headline_grain)

)

select * from final
