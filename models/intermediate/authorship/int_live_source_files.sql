with

presence as (

    select * from {{ ref('int_file_presence') }}

),

paths as (

    select * from {{ ref('int_paths') }}
    where is_source

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
        paths.language,
        paths.excluded_because,

        coalesce(first_changes.is_behind_cut, false) as is_behind_cut,

        presence.month_end_on

    from presence
    inner join paths
        on
            presence.repository = paths.repository
            and presence.path = paths.path
    left join first_changes
        on presence.file_id = first_changes.file_id

)

select * from final
