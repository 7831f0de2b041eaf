with

commits as (

    select * from {{ ref('stg_git__commits') }}

),

file_counts as (

    select
        commit_id,
        count(*) as file_count
    from {{ ref('stg_git__commit_files') }}
    group by commit_id

),

-- Clocks differ: a commit on the line counts as there from the latest date on the line so far.
line_commits as (

    select
        repository,
        first_parent_position,
        max(committed_at) over (
            partition by repository
            order by first_parent_position
            rows between unbounded preceding and current row
        ) as reached_at
    from commits
    where first_parent_position is not null

),

final as (

    select
        commits.commit_id,
        commits.repository,
        commits.sha,

        commits.author_name,
        commits.author_email,
        commits.committer_name,
        commits.committer_email,
        commits.message,
        commits.parent_shas,
        commits.tags,
        commits.default_branch,

        commits.first_parent_position,
        commits.highest_line_position,
        commits.integrated_position,
        commits.topological_position,
        case
            when commits.integrated_position is not null
                then row_number() over (
                    partition by commits.repository, commits.integrated_position is null
                    order by commits.integrated_position, commits.topological_position
                )
        end as history_position,
        coalesce(file_counts.file_count, 0) as file_count,

        commits.is_merge,
        commits.is_shallow_boundary,
        commits.first_parent_position is not null as is_on_line,
        commits.integrated_position is not null as is_in_default_branch,
        coalesce(file_counts.file_count, 0) > {{ var('authorship_max_files') }} as is_oversized,

        {{ month_start(local_date('line_commits.reached_at')) }} as integrated_month_on,

        commits.authored_at,
        commits.committed_at,
        line_commits.reached_at as integrated_at

    from commits
    left join file_counts
        on commits.commit_id = file_counts.commit_id
    left join line_commits
        on
            commits.repository = line_commits.repository
            and commits.integrated_position = line_commits.first_parent_position

)

select * from final
