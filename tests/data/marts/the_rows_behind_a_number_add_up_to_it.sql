{%- set roles = ['counted', 'unknown', 'immature', 'left_out'] -%}
-- Every row of the scorecard counts as many rows of each role as scorecard_observations lists for its period and scope.
with

scorecard as (

    select * from {{ ref('scorecard') }}

),

observations as (

    select * from {{ ref('scorecard_observations') }}

),

by_scope as (

    {{ by_scope('observations') }}

),

monthly as (

    select
        kpi,
        scope_type,
        scope_id,
        month_on,
        {% for role in roles %}
            count(case when role = '{{ role }}' then 1 end) as {{ role }}_count,
        {% endfor %}
        count(case when role = 'counted' and verdict = 'yes' then 1 end) as yes_count,
        count(case when role = 'counted' and is_inferred then 1 end) as inferred_count,
        count(case when role = 'open' then 1 end) as open_count,
        max(open_age_seconds) as open_oldest_seconds
    from by_scope
    where
        (scope_type = 'company' and is_of_company)
        or (scope_type = 'team' and is_of_team)
        or (scope_type = 'service' and is_of_service)
    group by
        kpi,
        scope_type,
        scope_id,
        month_on

),

listed as (

    select
        scorecard.scorecard_id,
        {% for role in roles %}
            coalesce(sum(monthly.{{ role }}_count), 0) as {{ role }}_count,
        {% endfor %}
        coalesce(sum(monthly.yes_count), 0) as yes_count,
        coalesce(sum(monthly.inferred_count), 0) as inferred_count,
        coalesce(
            sum(case when monthly.month_on = {{ month_start('scorecard.period_end_on') }} then monthly.open_count end), 0
        ) as open_count,
        max(
            case when monthly.month_on = {{ month_start('scorecard.period_end_on') }} then monthly.open_oldest_seconds end
        ) as open_oldest_seconds
    from scorecard
    left join monthly
        on
            scorecard.kpi = monthly.kpi
            and scorecard.scope_type = monthly.scope_type
            and scorecard.scope_id = monthly.scope_id
            and monthly.month_on between scorecard.period_start_on and scorecard.period_end_on
    group by scorecard.scorecard_id

),

final as (

    select
        scorecard.scorecard_id,
        scorecard.n,
        listed.counted_count,
        scorecard.numerator,
        listed.yes_count,
        scorecard.unknown_count,
        listed.unknown_count as listed_unknown_count,
        scorecard.immature_count,
        listed.immature_count as listed_immature_count,
        scorecard.excluded_count,
        listed.left_out_count,
        scorecard.inferred_count,
        listed.inferred_count as listed_inferred_count,
        scorecard.open_count,
        listed.open_count as listed_open_count,
        scorecard.open_oldest_seconds,
        listed.open_oldest_seconds as listed_open_oldest_seconds
    from scorecard
    inner join listed
        on scorecard.scorecard_id = listed.scorecard_id
    where
        scorecard.n <> listed.counted_count
        or coalesce(scorecard.numerator, listed.yes_count) <> listed.yes_count
        or scorecard.unknown_count <> listed.unknown_count
        or scorecard.immature_count <> listed.immature_count
        or scorecard.excluded_count <> listed.left_out_count
        or scorecard.inferred_count <> listed.inferred_count
        or coalesce(scorecard.open_count, 0) <> listed.open_count
        or coalesce(scorecard.open_oldest_seconds, 0) <> coalesce(listed.open_oldest_seconds, 0)

)

select * from final
