{%- set months_computed = var('months_computed') | int -%}
{%- set months_needed = [months_computed + 1, 78] | max -%}
{#- shown: periods on the scorecard; computed: with those that only serve as the previous ones. -#}
{%- set grains = [
    {'name': 'month', 'months_long': 1, 'shown': months_computed, 'computed': months_computed + 1},
    {'name': 'trailing_3_months', 'months_long': 3, 'shown': 12, 'computed': 15},
    {'name': 'quarter', 'months_long': 3, 'shown': 24, 'computed': 25},
    {'name': 'trailing_4_quarters', 'months_long': 12, 'shown': 4, 'computed': 8},
    {'name': 'month_end', 'months_long': 1, 'shown': 12, 'computed': 12},
] -%}
with

as_of as (

    select * from {{ ref('int_as_of') }}

),

offsets as (

    {{ dbt.generate_series(months_needed + 2) }}

),

grains as (

    {% for grain in grains %}
        select
            '{{ grain.name }}' as period_grain,
            {{ grain.months_long }} as months_long,
            {{ grain.shown }} as shown,
            {{ grain.computed }} as computed
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

months as (

    select
        as_of.as_of,
        {{ add_months(month_start('as_of.as_of_on'), '2 - offsets.generated_number') }} as month_on
    from as_of
    cross join offsets

),

complete_months as (

    select month_on
    from months
    where {{ to_utc(add_months('month_on', 1)) }} <= as_of

),

candidates as (

    select
        grains.period_grain,
        grains.months_long,
        grains.shown,
        grains.computed,
        complete_months.month_on as last_month_on,
        row_number() over (
            partition by grains.period_grain
            order by complete_months.month_on desc
        ) as recency
    from complete_months
    cross join grains
    where
        grains.period_grain not in ('quarter', 'trailing_4_quarters')
        or mod(cast(extract(month from complete_months.month_on) as integer) + {{ -fiscal_shift() % 3 }}, 3) = 0

),

dated as (

    select
        period_grain,
        months_long,
        last_month_on,
        recency,
        recency <= shown as is_shown,
        {{ add_months('last_month_on', '1 - months_long') }} as period_start_on,
        {{ add_months('last_month_on', 1) }} as next_period_start_on,
        {{ add_months('last_month_on', '1 - 2 * months_long') }} as previous_period_start_on
    from candidates
    where recency <= computed

),

instants as (

    select
        dated.*,
        {{ to_utc('period_start_on') }} as period_start_at,
        {{ to_utc('next_period_start_on') }} as period_end_at
    from dated

),

final as (

    select
        period_grain || ':' || cast(period_start_on as {{ dbt.type_string() }}) as period_id,
        period_grain || ':' || cast(previous_period_start_on as {{ dbt.type_string() }}) as previous_period_id,

        period_grain,

        cast(months_long as bigint) as months_long,
        cast(recency as bigint) as recency,

        is_shown,

        period_start_on,
        {{ add_days('next_period_start_on', -1) }} as period_end_on,
        last_month_on,

        period_start_at,
        period_end_at,
        -- A snapshot at a month's end needs nothing of the month before it.
        case when period_grain = 'month_end' then period_end_at else period_start_at end as coverage_start_at

    from instants

)

select * from final
