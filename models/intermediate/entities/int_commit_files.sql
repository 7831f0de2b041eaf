with

commit_files as (

    select * from {{ ref('stg_git__commit_files') }}

),

commits as (

    select * from {{ ref('int_commits') }}

),

final as (

    select
        commit_files.commit_file_id,
        commit_files.commit_id,
        commit_files.repository,
        commit_files.sha,

        commit_files.path,
        commit_files.previous_path,
        commit_files.change_type,

        commits.first_parent_position,
        commits.integrated_position,
        commits.history_position,

        commits.is_merge,
        commits.is_on_line,
        commits.is_in_default_branch,

        commits.integrated_month_on

    from commit_files
    inner join commits
        on commit_files.commit_id = commits.commit_id

)

select * from final
