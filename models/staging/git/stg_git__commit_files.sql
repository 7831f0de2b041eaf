with

source as (

    select * from {{ source('raw_git', 'commit_files') }}

),

final as (

    select
        'git:' || lower(repository) || '@' || sha || ':' || path as commit_file_id,
        'git:' || lower(repository) || '@' || sha as commit_id,
        lower(repository) as repository,
        sha,

        path,
        previous_path,
        change_type,

        similarity

    from source

)

select * from final
