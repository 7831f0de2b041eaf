{#- What stands at a period's end: ageing work in progress and open episodes. -#}
{%- set double = raw_type('double precision') -%}
with

observations as (

    select * from {{ ref('stat_observations') }}
    where
        kpi = 'cycle_time'
        and is_measured

),

open_observations as (

    select * from {{ ref('stat_open_observations') }}
    where kpi = 'cycle_time'

),

open_items as (

    select * from {{ ref('stat_open_items') }}
    where kpi = 'time_to_restore'

),

periods as (

    select * from {{ ref('stat_periods') }}
    where period_grain in ('month', 'trailing_3_months')

),

month_ends as (

    select
        last_month_on,
        period_end_at,
        {{ add_seconds('period_end_at', -90 * 86400) }} as looks_back_to
    from periods
    group by
        last_month_on,
        period_end_at

),

scoped as (

    {{ by_scope('observations') }}

),

scoped_open as (

    {{ by_scope('open_observations') }}

),

thresholds as (

    select
        month_ends.last_month_on,
        scoped.scope_type,
        scoped.scope_id,
        count(*) as finished_count,
        {{ percentile('scoped.duration_seconds', 0.85) }} as threshold_seconds
    from scoped
    inner join month_ends
        on
            scoped.ended_at >= month_ends.looks_back_to
            and scoped.ended_at < month_ends.period_end_at
    group by
        month_ends.last_month_on,
        scoped.scope_type,
        scoped.scope_id

),

ageing as (

    select
        thresholds.last_month_on,
        thresholds.scope_type,
        thresholds.scope_id,
        count(scoped_open.observation_id) as open_count,
        count(case when scoped_open.open_age_seconds > thresholds.threshold_seconds then 1 end) as ageing_count
    from thresholds
    left join scoped_open
        on
            thresholds.last_month_on = scoped_open.last_month_on
            and thresholds.scope_type = scoped_open.scope_type
            and thresholds.scope_id = scoped_open.scope_id
    group by
        thresholds.last_month_on,
        thresholds.scope_type,
        thresholds.scope_id

),

at_month_ends as (

    {% for figure, relation, count_column, amount in [
        ('ageing_threshold', 'thresholds', 'finished_count', 'threshold_seconds'),
        ('ageing_in_progress', 'ageing', 'open_count', 'ageing_count'),
        ('open_episodes', 'open_items', 'open_count', 'open_count'),
        ('oldest_open_episode', 'open_items', 'open_count', 'open_oldest_seconds'),
    ] %}
        select
            '{{ figure }}' as figure,
            last_month_on,
            scope_type,
            scope_id,
            {{ count_column }} as n,
            cast({{ amount }} as {{ double }}) as amount
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        at_month_ends.figure,
        periods.period_id,
        at_month_ends.scope_type,
        at_month_ends.scope_id,

        cast(null as {{ raw_type('text') }}) as breakdown,

        at_month_ends.n,
        at_month_ends.amount

    from at_month_ends
    inner join periods
        on at_month_ends.last_month_on = periods.last_month_on

)

select * from final
