with

observations as (

    select * from {{ ref('stat_observations') }}
    where is_measured

),

kpi_period_months as (

    select * from {{ ref('stat_kpi_period_months') }}

),

median_ranks as (

    select * from {{ ref('median_ranks') }}

),

scoped as (

    {{ by_scope('observations') }}

),

pooled as (

    select
        scoped.kpi,
        kpi_period_months.period_id,
        scoped.scope_type,
        scoped.scope_id,
        scoped.duration_seconds,
        row_number() over (
            partition by scoped.kpi, kpi_period_months.period_id, scoped.scope_type, scoped.scope_id
            order by scoped.duration_seconds
        ) as duration_rank
    from scoped
    inner join kpi_period_months
        on
            scoped.kpi = kpi_period_months.kpi
            and scoped.month_on = kpi_period_months.month_on

),

summed_up as (

    select
        kpi,
        period_id,
        scope_type,
        scope_id,
        count(*) as measured_count,
        {{ percentile('duration_seconds', 0.5) }} as median_seconds,
        {{ percentile('duration_seconds', 0.85) }} as p85_seconds
    from pooled
    group by
        kpi,
        period_id,
        scope_type,
        scope_id

),

ranked as (

    select
        summed_up.*,
        case
            when summed_up.measured_count > 1000
                then floor((summed_up.measured_count + 1 - 1.959964 * sqrt(summed_up.measured_count)) / 2)
            else median_ranks.lower_rank
        end as lower_rank
    from summed_up
    left join median_ranks
        on summed_up.measured_count = median_ranks.sample_size

),

ends as (

    select
        ranked.kpi,
        ranked.period_id,
        ranked.scope_type,
        ranked.scope_id,
        max(
            case when pooled.duration_rank = ranked.lower_rank then pooled.duration_seconds end
        ) as interval_low_seconds,
        max(
            case
                when pooled.duration_rank = ranked.measured_count + 1 - ranked.lower_rank then pooled.duration_seconds
            end
        ) as interval_high_seconds
    from ranked
    inner join pooled
        on
            ranked.kpi = pooled.kpi
            and ranked.period_id = pooled.period_id
            and ranked.scope_type = pooled.scope_type
            and ranked.scope_id = pooled.scope_id
    group by
        ranked.kpi,
        ranked.period_id,
        ranked.scope_type,
        ranked.scope_id

),

final as (

    select
        summed_up.kpi,
        summed_up.period_id,
        summed_up.scope_type,
        summed_up.scope_id,

        summed_up.measured_count,
        summed_up.median_seconds,
        summed_up.p85_seconds,
        ends.interval_low_seconds,
        ends.interval_high_seconds

    from summed_up
    inner join ends
        on
            summed_up.kpi = ends.kpi
            and summed_up.period_id = ends.period_id
            and summed_up.scope_type = ends.scope_type
            and summed_up.scope_id = ends.scope_id

)

select * from final
