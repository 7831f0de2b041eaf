{{ config(group='statistics') }}
{%- set text = dbt.type_string() -%}
with

periods as (

    select * from {{ ref('stat_periods') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

offsets as (

    {{ dbt.generate_series(4000) }}

),

span as (

    select
        min(periods.period_start_on) as first_on,
        max(as_of.as_of_on) as last_on
    from periods
    cross join as_of

),

days as (

    select {{ add_days('span.first_on', 'offsets.generated_number - 1') }} as date_on
    from span
    inner join offsets
        on {{ add_days('span.first_on', 'offsets.generated_number - 1') }} <= span.last_on

),

weeks as (

    select
        date_on,
        {{ period_start('week', 'date_on') }} as week_start_on,
        -- An ISO week belongs to the year that its Thursday lies in.
        {{ add_days(period_start('week', 'date_on'), 3) }} as week_thursday_on
    from days

),

final as (

    select
        date_on,

        (
            cast(cast(extract(year from date_on) as integer) as {{ text }})
            || '-'
            || lpad(cast(cast(extract(month from date_on) as integer) as {{ text }}), 2, '0')
        ) as month_label,
        {{ quarter_label('date_on') }} as quarter_label,
        (
            cast(cast(extract(year from week_thursday_on) as integer) as {{ text }})
            || '-W'
            || lpad(
                cast(cast(floor(({{ day_of_year('week_thursday_on') }} - 1) / 7) as integer) + 1 as {{ text }}), 2, '0'
            )
        ) as iso_week_label,

        cast(extract(year from date_on) as bigint) as year_number,
        cast(extract(quarter from {{ calendar_twin('date_on') }}) as bigint) as quarter_number,
        cast(extract(month from date_on) as bigint) as month_number,
        cast(
            {{ seconds_between('cast(week_start_on as timestamp)', 'cast(date_on as timestamp)') }} / 86400 + 1
            as bigint
        ) as iso_weekday_number,

        {{ quarter_start(quarter_label('date_on')) }} as quarter_start_on,
        {{ month_start('date_on') }} as month_start_on,
        week_start_on

    from weeks

)

select * from final
