{%- set group_columns = 'kpi, period_id, scope_type, scope_id' -%}
{%- set so_far = 'partition by ' ~ group_columns ~ ' order by age_seconds'
    ~ ' rows between unbounded preceding and current row' -%}
{%- set double = raw_type('double precision') -%}
with

risk_sets as (

    select * from {{ ref('stat_risk_sets') }}

),

moves as (

    select
        {{ group_columns }},
        entry_seconds as age_seconds,
        1 as entries,
        0 as leavings,
        0 as finishes
    from risk_sets

    union all

    select
        {{ group_columns }},
        exit_seconds as age_seconds,
        0 as entries,
        1 as leavings,
        case when is_finished then 1 else 0 end as finishes
    from risk_sets

),

ages as (

    select
        {{ group_columns }},
        age_seconds,
        sum(entries) as entries,
        sum(leavings) as leavings,
        sum(finishes) as finishes
    from moves
    group by {{ group_columns }}, age_seconds

),

-- At one age entries precede finishes, and finishes precede censorings: who leaves now is still at risk now.
counted as (

    select
        {{ group_columns }},
        age_seconds,
        finishes,
        sum(entries) over ({{ so_far }}) - sum(leavings) over ({{ so_far }}) + leavings as at_risk,
        sum(entries) over (partition by {{ group_columns }}) - sum(entries) over ({{ so_far }}) as later_entries
    from ages

),

finishing_ages as (

    select
        {{ group_columns }},
        age_seconds,
        at_risk,
        later_entries,
        finishes = at_risk as is_exhausted,
        {{ natural_log('(1 - cast(finishes as ' ~ double ~ ') / at_risk)') }} as log_factor
    from counted
    where finishes > 0

),

curve as (

    select
        {{ group_columns }},
        age_seconds,
        case
            when max(case when is_exhausted then 1 else 0 end) over ({{ so_far }}) = 1 then cast(0 as {{ double }})
            else exp(sum(coalesce(log_factor, 0)) over ({{ so_far }}))
        end as survival,
        max(case when at_risk < 5 and later_entries > 0 then 1 else 0 end) over ({{ so_far }}) = 1 as is_thin,
        lead(age_seconds) over (partition by {{ group_columns }} order by age_seconds) as next_age_seconds
    from finishing_ages

),

-- The first finish at which half or more are gone.
half_gone as (

    select
        curve.*,
        row_number() over (partition by {{ group_columns }} order by age_seconds) as half_rank
    from curve
    where survival < 0.5 + 1e-9

),

medians as (

    select
        {{ group_columns }},
        is_thin,
        case
            when survival >= 0.5 - 1e-9 then (age_seconds + next_age_seconds) / 2
            else age_seconds
        end as median_seconds
    from half_gone
    where half_rank = 1

),

measured_groups as (

    select {{ group_columns }}
    from risk_sets
    group by {{ group_columns }}

),

final as (

    select
        measured_groups.kpi,
        measured_groups.period_id,
        measured_groups.scope_type,
        measured_groups.scope_id,

        case when not medians.is_thin then medians.median_seconds end as survival_median_seconds,
        case
            when medians.median_seconds is null then 'not_reached'
            when medians.is_thin then 'thin_risk_set'
        end as survival_reason

    from measured_groups
    left join medians
        on
            measured_groups.kpi = medians.kpi
            and measured_groups.period_id = medians.period_id
            and measured_groups.scope_type = medians.scope_type
            and measured_groups.scope_id = medians.scope_id

)

select * from final
