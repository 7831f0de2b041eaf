with

presence as (

    select * from {{ ref('int_file_presence') }}

),

paths as (

    select * from {{ ref('int_paths') }}
    where is_source

),

repository_month_ends as (

    select * from {{ ref('int_repository_month_ends') }}

),

first_changes as (

    select * from {{ ref('int_file_changes') }}
    where change_number = 1

),

final as (

    select
        presence.file_presence_id as live_source_file_id,
        presence.file_id,
        presence.repository,
        paths.service_id,

        presence.path,
        repository_month_ends.file_url_prefix || repository_month_ends.sha || '/' || {{ url_path('presence.path') }}
            as url,
        paths.language,
        paths.excluded_because,

        coalesce(first_changes.is_behind_cut, false) as is_behind_cut,

        presence.month_end_on

    from presence
    inner join paths
        on
            presence.repository = paths.repository
            and presence.path = paths.path
    left join repository_month_ends
        on
            presence.repository = repository_month_ends.repository
            and presence.month_end_on = repository_month_ends.month_end_on
    left join first_changes
        on presence.file_id = first_changes.file_id

)

select * from final
