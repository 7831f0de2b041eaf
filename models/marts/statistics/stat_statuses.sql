with

stat_values as (

    select * from {{ ref('stat_values') }}

),

kpis as (

    select * from {{ ref('kpis') }}

),

targets as (

    select * from {{ ref('stat_targets') }}

),

reasoned as (

    select
        stat_values.kpi,
        stat_values.period_id,
        stat_values.scope_type,
        stat_values.scope_id,
        kpis.better,
        stat_values.value,
        targets.target,
        targets.target_owner,
        targets.target_from_on,
        case
            when stat_values.value is null then 'no_data'
            when targets.target is null then 'no_target'
            when stat_values.coverage_band = 'poor' then 'low_coverage'
            when stat_values.is_stale then 'stale_source'
            when kpis.statistic = 'median' and stat_values.test_low is null then 'no_interval'
            when stat_values.test_low < targets.target and targets.target < stat_values.test_high
                then 'straddles_target'
        end as obstacle,
        stat_values.null_reason
    from stat_values
    inner join kpis
        on stat_values.kpi = kpis.kpi
    left join targets
        on
            stat_values.kpi = targets.kpi
            and stat_values.period_id = targets.period_id
            and stat_values.scope_type = targets.scope_type
            and stat_values.scope_id = targets.scope_id

),

final as (

    select
        kpi,
        period_id,
        scope_type,
        scope_id,

        case
            when obstacle in ('no_data', 'no_target') then obstacle
            when obstacle is not null then 'cannot_tell'
            when better = 'lower' and value <= target then 'on_target'
            when better = 'higher' and value >= target then 'on_target'
            else 'off_target'
        end as status,
        case when obstacle = 'no_data' then null_reason else obstacle end as status_reason,
        target_owner,

        target,

        target_from_on

    from reasoned

)

select * from final
