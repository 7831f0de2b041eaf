with

live_files as (

    select * from {{ ref('int_live_source_files') }}

),

authorships as (

    select * from {{ ref('int_file_authorships') }}

),

creations as (

    select
        file_changes.file_id,
        commits.integrated_at
    from {{ ref('int_file_changes') }} as file_changes
    inner join {{ ref('int_commits') }} as commits
        on file_changes.commit_id = commits.commit_id
    where file_changes.change_number = 1

),

services as (

    select * from {{ ref('int_services') }}

),

month_ends as (

    select * from {{ ref('int_file_month_ends') }}

),

truck_factors as (

    select * from {{ ref('int_service_truck_factors') }}

),

absence_factors as (

    select * from {{ ref('int_service_contributor_absence_factors') }}

),

authors as (

    select
        file_id,
        month_end_on,
        count(*) as contributor_count,
        sum(case when is_author then 1 else 0 end) as author_count,
        sum(case when is_author and is_current then 1 else 0 end) as current_author_count
    from authorships
    group by file_id, month_end_on

),

final as (

    select
        'key_person_concentration:' || live_files.live_source_file_id as observation_id,
        live_files.file_id,
        live_files.repository,
        services.team_id,
        live_files.service_id,

        live_files.path,
        live_files.language,
        -- A count of none is a file that nobody here keeps; no count at all is one whose authors cannot be known.
        case
            when authors.author_count is null then 'unknown'
            when authors.current_author_count <= 1 then 'yes'
            else 'no'
        end as verdict,
        case
            when live_files.is_behind_cut then 'history_cut_off'
            when authors.author_count is null then 'no_person_authored'
        end as unknown_because,
        live_files.excluded_because,

        cast(authors.contributor_count as bigint) as contributor_count,
        cast(authors.author_count as bigint) as author_count,
        cast(authors.current_author_count as bigint) as current_author_count,
        {{ seconds_between('creations.integrated_at', 'month_ends.ends_at') }} / 86400 as age_days,
        truck_factors.truck_factor as service_truck_factor,
        absence_factors.contributor_absence_factor as service_contributor_absence_factor,

        live_files.excluded_because is null as is_counted,

        live_files.month_end_on,

        creations.integrated_at as created_at,
        month_ends.ends_at as month_ends_at

    from live_files
    inner join month_ends
        on live_files.month_end_on = month_ends.month_end_on
    left join authors
        on
            live_files.file_id = authors.file_id
            and live_files.month_end_on = authors.month_end_on
    left join creations
        on live_files.file_id = creations.file_id
    left join services
        on live_files.service_id = services.service_id
    left join truck_factors
        on
            live_files.service_id = truck_factors.service_id
            and live_files.month_end_on = truck_factors.month_end_on
    left join absence_factors
        on
            live_files.service_id = absence_factors.service_id
            and live_files.month_end_on = absence_factors.month_end_on

)

select * from final
