with

live_files as (

    select * from {{ ref('int_live_source_files') }}
    where excluded_because is null and service_id is not null

),

authorships as (

    select * from {{ ref('int_file_authorships') }}

),

contributions as (

    select
        live_files.live_source_file_id,
        live_files.service_id,
        live_files.month_end_on,
        authorships.person_id,
        authorships.first_authorship + authorships.deliveries as change_count,
        case when authorships.is_author and authorships.is_current then 1 else 0 end as authored_count
    from live_files
    inner join authorships
        on
            live_files.file_id = authorships.file_id
            and live_files.month_end_on = authorships.month_end_on

),

known_files as (

    select
        service_id,
        month_end_on,
        live_source_file_id,
        max(authored_count) as kept_count
    from contributions
    group by service_id, month_end_on, live_source_file_id

),

services as (

    select
        service_id,
        month_end_on,
        count(*) as file_count,
        sum(kept_count) as kept_count
    from known_files
    group by service_id, month_end_on

),

authors as (

    select
        service_id,
        month_end_on,
        person_id,
        row_number() over (
            partition by service_id, month_end_on
            order by sum(authored_count) desc, sum(change_count) desc, {{ code_point_order('person_id') }} asc
        ) as leaving_order
    from contributions
    group by service_id, month_end_on, person_id
    having sum(authored_count) > 0

),

-- A person's number of files does not change when another leaves, so the order stands at once, and a file is lost
-- with the last of its authors.
lost_files as (

    select
        contributions.service_id,
        contributions.month_end_on,
        contributions.live_source_file_id,
        max(authors.leaving_order) as leaving_order
    from contributions
    inner join authors
        on
            contributions.service_id = authors.service_id
            and contributions.month_end_on = authors.month_end_on
            and contributions.person_id = authors.person_id
    where contributions.authored_count = 1
    group by contributions.service_id, contributions.month_end_on, contributions.live_source_file_id

),

departures as (

    select
        service_id,
        month_end_on,
        0 as leaving_order,
        0 as lost_count
    from services

    union all

    select
        service_id,
        month_end_on,
        leaving_order,
        0 as lost_count
    from authors

    union all

    select
        service_id,
        month_end_on,
        leaving_order,
        1 as lost_count
    from lost_files

),

departure_sums as (

    select
        service_id,
        month_end_on,
        leaving_order,
        sum(sum(lost_count)) over (
            partition by service_id, month_end_on
            order by leaving_order
            rows between unbounded preceding and current row
        ) as lost_so_far
    from departures
    group by service_id, month_end_on, leaving_order

),

final as (

    select
        services.service_id || ':' || cast(services.month_end_on as {{ raw_type('text') }}) as service_truck_factor_id,
        services.service_id,

        cast(min(services.file_count) as bigint) as file_count,
        cast(min(services.file_count - services.kept_count) as bigint) as files_without_current_author,
        cast(min(departure_sums.leaving_order) as bigint) as truck_factor,

        services.month_end_on

    from services
    inner join departure_sums
        on
            services.service_id = departure_sums.service_id
            and services.month_end_on = departure_sums.month_end_on
    where 2 * (services.kept_count - departure_sums.lost_so_far) < services.file_count
    group by services.service_id, services.month_end_on

)

select * from final
