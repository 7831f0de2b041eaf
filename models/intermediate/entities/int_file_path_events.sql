with

commit_files as (

    select * from {{ ref('int_commit_files') }}
    where is_in_default_branch

),

branch_paths as (

    select
        repository,
        integrated_position,
        path
    from commit_files
    where not is_merge
    group by repository, integrated_position, path

),

-- A merge repeats what its branch did; it speaks for itself only where it brought a path that no commit of the
-- branch touched.
own_work_of_merges as (

    select commit_files.*
    from commit_files
    left join branch_paths
        on
            commit_files.repository = branch_paths.repository
            and commit_files.integrated_position = branch_paths.integrated_position
            and commit_files.path = branch_paths.path
    where
        commit_files.is_merge
        and commit_files.change_type in ('A', 'R')
        and branch_paths.path is null

),

telling_changes as (

    select * from commit_files
    where not is_merge

    union all

    select * from own_work_of_merges

),

-- A rename is an event on both of its paths: the file leaves one and arrives at the other.
events as (

    select
        commit_file_id,
        commit_id,
        repository,
        path,
        change_type,
        history_position,
        integrated_month_on,
        1 as order_in_commit,
        0 as departure_count,
        case when change_type in ('A', 'R') then 1 else 0 end as arrival_count
    from telling_changes

    union all

    select
        commit_file_id,
        commit_id,
        repository,
        previous_path as path,
        'L' as change_type,
        history_position,
        integrated_month_on,
        0 as order_in_commit,
        1 as departure_count,
        0 as arrival_count
    from telling_changes
    where change_type = 'R' and previous_path is not null

),

counted_departures as (

    select
        *,
        sum(departure_count) over (
            partition by repository, path
            order by history_position, order_in_commit
            rows between unbounded preceding and current row
        ) as departures_so_far,
        row_number() over (
            partition by repository, path
            order by history_position, order_in_commit
        ) as event_number
    from events

),

counted_arrivals as (

    select
        *,
        sum(arrival_count) over (
            partition by repository, path, departures_so_far
            order by history_position, order_in_commit
            rows between unbounded preceding and current row
        ) as arrivals_since_departure
    from counted_departures

),

-- A path deleted and added again goes on; a path that was renamed away and is added again is another file.
starts as (

    select
        *,
        case
            when event_number = 1 then 1
            when change_type = 'R' then 1
            when change_type = 'A' and departures_so_far > 0 and arrivals_since_departure = 1 then 1
            else 0
        end as start_count
    from counted_arrivals

),

numbered as (

    select
        *,
        sum(start_count) over (
            partition by repository, path
            order by history_position, order_in_commit
            rows between unbounded preceding and current row
        ) as segment_number
    from starts

),

final as (

    select
        commit_file_id || ':' || change_type as file_path_event_id,
        'git:' || repository || ':' || path || '#' || cast(segment_number as {{ raw_type('text') }}) as segment_id,
        commit_file_id,
        commit_id,
        repository,

        path,
        change_type,

        history_position,
        cast(segment_number as bigint) as segment_number,

        start_count = 1 as is_segment_start,

        integrated_month_on

    from numbered

)

select * from final
