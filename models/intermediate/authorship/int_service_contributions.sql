with

file_changes as (

    select * from {{ ref('int_file_changes') }}
    where gives_authorship

),

commit_authors as (

    select * from {{ ref('int_commit_authors') }}
    where not is_bot

),

paths as (

    select * from {{ ref('int_paths') }}
    where is_source and excluded_because is null and service_id is not null

),

month_ends as (

    select * from {{ ref('int_file_month_ends') }}

),

current_people as (

    select * from {{ ref('int_current_people') }}

),

monthly as (

    select
        paths.service_id,
        commit_authors.person_id,
        file_changes.integrated_month_on,
        count(*) as change_count
    from file_changes
    inner join paths
        on
            file_changes.repository = paths.repository
            and file_changes.path = paths.path
    inner join commit_authors
        on file_changes.commit_id = commit_authors.commit_id
    group by paths.service_id, commit_authors.person_id, file_changes.integrated_month_on

),

yearly as (

    select
        monthly.service_id,
        monthly.person_id,
        month_ends.month_end_on,
        sum(monthly.change_count) as change_count
    from monthly
    inner join month_ends
        on
            monthly.integrated_month_on >= month_ends.twelve_months_from_on
            and monthly.integrated_month_on <= month_ends.month_start_on
    group by monthly.service_id, monthly.person_id, month_ends.month_end_on

),

final as (

    select
        yearly.service_id || ':' || cast(yearly.month_end_on as {{ raw_type('text') }})
        || ':' || yearly.person_id as service_contribution_id,
        yearly.service_id,
        yearly.person_id,

        cast(yearly.change_count as bigint) as change_count,

        current_people.person_id is not null as is_current,

        yearly.month_end_on

    from yearly
    left join current_people
        on
            yearly.person_id = current_people.person_id
            and yearly.month_end_on = current_people.month_end_on

)

select * from final
