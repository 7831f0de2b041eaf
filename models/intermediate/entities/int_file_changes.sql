with

path_events as (

    select * from {{ ref('int_file_path_events') }}

),

segments as (

    select * from {{ ref('int_file_segments') }}

),

commits as (

    select * from {{ ref('int_commits') }}

),

people_commits as (

    select commit_id
    from {{ ref('int_commit_authors') }}
    where not is_bot
    group by commit_id

),

-- Two paths of one commit may be one file; the commit changed it once.
changes as (

    select
        segments.file_id,
        path_events.commit_id,
        min(path_events.repository) as repository,
        max(path_events.path) as path,
        min(path_events.history_position) as history_position,
        min(path_events.integrated_month_on) as integrated_month_on,
        {{ any_true("path_events.change_type = 'A'") }} as is_addition
    from path_events
    inner join segments
        on path_events.segment_id = segments.segment_id
    where path_events.change_type <> 'L'
    group by segments.file_id, path_events.commit_id

),

ordered as (

    select
        *,
        row_number() over (partition by file_id order by history_position) as change_number
    from changes

),

final as (

    select
        ordered.file_id || '@' || commits.sha as file_change_id,
        ordered.file_id,
        ordered.commit_id,
        ordered.repository,

        ordered.path,

        ordered.history_position,
        ordered.change_number,

        ordered.change_number = 1 and ordered.is_addition as is_creation,
        ordered.change_number = 1 and commits.is_shallow_boundary as is_behind_cut,
        not commits.is_merge
        and not commits.is_oversized
        and not commits.is_shallow_boundary
        and people_commits.commit_id is not null as gives_authorship,

        ordered.integrated_month_on

    from ordered
    inner join commits
        on ordered.commit_id = commits.commit_id
    left join people_commits
        on ordered.commit_id = people_commits.commit_id

)

select * from final
