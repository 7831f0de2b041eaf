with

commit_files as (

    select * from {{ ref('int_commit_files') }}
    where is_on_line

),

segments as (

    select * from {{ ref('int_file_segments') }}

),

month_ends as (

    select * from {{ ref('int_file_month_ends') }}

),

-- What the first-parent line did to each path, merges by what they brought to the line: replayed, it is the tree.
line_states as (

    select
        repository,
        path,
        first_parent_position,
        integrated_month_on,
        case when change_type = 'D' then 0 else 1 end as presence
    from commit_files

    union all

    select
        repository,
        previous_path as path,
        first_parent_position,
        integrated_month_on,
        0 as presence
    from commit_files
    where previous_path is not null

),

ranked_states as (

    select
        *,
        row_number() over (
            partition by repository, path, integrated_month_on
            order by first_parent_position desc, presence desc
        ) as recency
    from line_states

),

state_spans as (

    select
        repository,
        path,
        presence,
        integrated_month_on as from_month_on,
        lead(integrated_month_on) over (
            partition by repository, path order by integrated_month_on
        ) as before_month_on
    from ranked_states
    where recency = 1

),

live_paths as (

    select
        state_spans.repository,
        state_spans.path,
        month_ends.month_end_on,
        month_ends.month_start_on
    from state_spans
    inner join month_ends
        on
            state_spans.from_month_on <= month_ends.month_start_on
            and coalesce(state_spans.before_month_on, cast('9999-12-31' as date)) > month_ends.month_start_on
    where state_spans.presence = 1

),

ranked_segments as (

    select
        *,
        row_number() over (
            partition by repository, path, started_month_on
            order by segment_number desc
        ) as recency
    from segments

),

segment_spans as (

    select
        repository,
        path,
        file_id,
        started_month_on as from_month_on,
        lead(started_month_on) over (
            partition by repository, path order by started_month_on
        ) as before_month_on
    from ranked_segments
    where recency = 1

),

final as (

    select
        'git:' || live_paths.repository || ':' || live_paths.path
        || ':' || cast(live_paths.month_end_on as {{ raw_type('text') }}) as file_presence_id,
        segment_spans.file_id,
        live_paths.repository,

        live_paths.path,

        live_paths.month_end_on

    from live_paths
    left join segment_spans
        on
            live_paths.repository = segment_spans.repository
            and live_paths.path = segment_spans.path
            and live_paths.month_start_on >= segment_spans.from_month_on
            and live_paths.month_start_on < coalesce(segment_spans.before_month_on, cast('9999-12-31' as date))

)

select * from final
