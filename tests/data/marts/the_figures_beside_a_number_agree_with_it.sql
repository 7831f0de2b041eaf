{%- set double = raw_type('double precision') -%}
-- What stands beside a number counts no more than the number, and as much where both count the same rows.
with

scorecard as (

    select * from {{ ref('scorecard') }}

),

supporting_figures as (

    select * from {{ ref('scorecard_supporting_figures') }}
    where value is not null

),

summed as (

    select
        kpi,
        period_grain,
        period_start_on,
        scope_type,
        scope_id,
        figure,
        sum(value) as value, -- noqa: RF04
        sum(n) as n
    from supporting_figures
    group by
        kpi,
        period_grain,
        period_start_on,
        scope_type,
        scope_id,
        figure

),

final as (

    select
        scorecard.scorecard_id,
        summed.figure,
        summed.value,
        summed.n
    from summed
    left join scorecard
        on
            summed.kpi = scorecard.kpi
            and summed.period_grain = scorecard.period_grain
            and summed.period_start_on = scorecard.period_start_on
            and summed.scope_type = scorecard.scope_type
            and summed.scope_id = scorecard.scope_id
    where
        scorecard.scorecard_id is null
        or case summed.figure
            when 'coding_median' then summed.n <> scorecard.n
            when 'pickup_median' then summed.n <> scorecard.n
            when 'review_median' then summed.n <> scorecard.n
            when 'deploy_median' then summed.n <> scorecard.n
            when 'carried_over' then summed.n <> scorecard.denominator or summed.value > scorecard.denominator
            when 'ageing_in_progress' then summed.n <> scorecard.open_count or summed.value > scorecard.open_count
            when 'files_without_current_author'
                then summed.n <> scorecard.denominator or summed.value > scorecard.numerator
            when 'episodes' then summed.value <> scorecard.n
            when 'open_episodes' then summed.value <> scorecard.open_count
            when 'oldest_open_episode' then abs(summed.value * 3600 - scorecard.open_oldest_seconds) > 1e-3
            when 'failed_deployment_recovery' then summed.n > scorecard.n
            when 'severe_escaped_defects' then summed.value > scorecard.numerator
            when 'keeping_the_lights_on' then summed.n <> scorecard.denominator
            -- An outcome cannot be linked to more work than all outcomes are.
            when 'largest_outcome_share'
                then
                    summed.n <> scorecard.denominator
                    or summed.value * summed.n > cast(scorecard.numerator as {{ double }}) + 1e-6
            when 'misses' then summed.value <> scorecard.denominator - scorecard.numerator
            else false
        end

)

select * from final
