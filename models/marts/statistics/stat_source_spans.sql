with

role_coverage as (

    select * from {{ ref('int_role_coverage') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        role_coverage.role,

        role_coverage.is_loaded,
        coalesce(
            {{ add_seconds('role_coverage.covers_to', 'role_coverage.stale_after_days * 86400') }} < as_of.as_of,
            false
        ) as is_stale,

        role_coverage.covers_from,
        role_coverage.covers_to

    from role_coverage
    cross join as_of

)

select * from final
