-- Counted or left out with a reason: no file that lives at a month's end is dropped, none counts twice at it.
-- A path that names a person is shown without the name, so that files are counted, not looked up.
with

live_files as (

    select
        repository,
        month_end_on,
        count(*) as file_count
    from {{ ref('int_live_source_files') }}
    group by repository, month_end_on

),

file_rows as (

    select
        repository,
        month_end_on,
        count(distinct observation_id) as file_count,
        {{ every_true('is_counted = (excluded_because is null)') }} as is_reasoned
    from {{ ref('kpi_key_person_concentration') }}
    group by repository, month_end_on

)

select
    live_files.repository,
    live_files.month_end_on,
    live_files.file_count,
    file_rows.file_count as row_count
from live_files
left join file_rows
    on
        live_files.repository = file_rows.repository
        and live_files.month_end_on = file_rows.month_end_on
where
    live_files.file_count <> coalesce(file_rows.file_count, 0)
    or not file_rows.is_reasoned
