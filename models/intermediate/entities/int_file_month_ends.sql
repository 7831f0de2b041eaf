{#- The page shows twelve months. -#}
{%- set months_shown = 12 -%}

with

as_of as (

    select * from {{ ref('int_as_of') }}

),

months_back as (

    {{ dbt.generate_series(months_shown) }}

),

-- The local month that as_of lies in is not over; all before it are.
months as (

    select {{ add_months(month_start('as_of.as_of_on'), '-months_back.generated_number') }} as month_start_on
    from as_of
    cross join months_back

),

final as (

    select
        {{ add_days(add_months('month_start_on', 1), -1) }} as month_end_on,
        month_start_on,
        {{ add_months('month_start_on', -11) }} as twelve_months_from_on,
        {{ to_utc(add_months('month_start_on', 1)) }} as ends_at
    from months

)

select * from final
