-- Two ways to the same count: over the files of the fact, and over the people of a service.
with

truck_factors as (

    select * from {{ ref('int_service_truck_factors') }}

),

shown as (

    select * from {{ ref('scorecard_supporting_figures') }}
    where
        scope_type = 'service'
        and value is not null

),

files_without_author as (

    select * from shown
    where figure = 'files_without_current_author'

),

shown_truck_factors as (

    select * from shown
    where figure = 'truck_factor'

),

final as (

    select
        truck_factors.service_truck_factor_id,
        truck_factors.files_without_current_author,
        files_without_author.value as shown_count,
        truck_factors.truck_factor,
        shown_truck_factors.value as shown_truck_factor
    from files_without_author
    left join truck_factors
        on
            files_without_author.scope_id = truck_factors.service_id
            and files_without_author.period_end_on = truck_factors.month_end_on
    left join shown_truck_factors
        on
            files_without_author.scope_id = shown_truck_factors.scope_id
            and files_without_author.period_end_on = shown_truck_factors.period_end_on
    where
        files_without_author.scope_id <> 'no_service'
        and (
            coalesce(files_without_author.value <> truck_factors.files_without_current_author, true)
            or coalesce(shown_truck_factors.value <> truck_factors.truck_factor, true)
        )

)

select * from final
