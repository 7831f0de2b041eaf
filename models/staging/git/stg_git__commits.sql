with

source as (

    select * from {{ source('raw_git', 'commits') }}

),

final as (

    select
        'git:' || lower(repository) || '@' || sha as commit_id,
        lower(repository) as repository,
        sha,

        author_name,
        nullif(lower(trim(author_email)), '') as author_email,
        committer_name,
        nullif(lower(trim(committer_email)), '') as committer_email,
        message,
        parent_shas,
        tags,
        default_branch,

        first_parent_position,
        highest_line_position,
        integrated_position,
        topological_position,

        -- No comma can stand within a hash, so one in the list parts two parents.
        coalesce(parent_shas like '%,%', false) as is_merge,
        coalesce(is_shallow_boundary, false) as is_shallow_boundary,

        {{ parse_instant('authored_at') }} as authored_at,
        {{ parse_instant('committed_at') }} as committed_at

    from source

)

select * from final
