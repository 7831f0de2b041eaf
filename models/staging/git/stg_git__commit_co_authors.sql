with

source as (

    select
        lower(repository) as repository,
        sha,
        co_authors
    from {{ source('raw_git', 'commits') }}

),

exploded as (

    {{ json_array_rows('source', 'co_authors') }}

),

final as (

    select
        'git:' || repository || '@' || sha
        || ':' || cast(element_position as {{ raw_type('text') }}) as commit_co_author_id,
        'git:' || repository || '@' || sha as commit_id,
        repository,
        sha,

        {{ json_text('element', 'name') }} as co_author_name,
        nullif(lower(trim({{ json_text('element', 'email') }})), '') as co_author_email

    from exploded

)

select * from final
