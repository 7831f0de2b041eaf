with

as_of as (

    select * from {{ ref('int_as_of') }}

),

headline as (

    select
        1 as window_id,
        {{ to_utc(add_months(month_start('as_of_on'), -3)) }} as headline_starts_at,
        {{ to_utc(month_start('as_of_on')) }} as headline_ends_at
    from as_of

),

final as (

    select
        window_id,

        {{ add_seconds('headline_starts_at', -90 * 86400) }} as looks_back_to,
        headline_starts_at,
        headline_ends_at

    from headline

)

select * from final
