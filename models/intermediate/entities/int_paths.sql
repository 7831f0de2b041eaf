with

commit_files as (

    select * from {{ ref('stg_git__commit_files') }}

),

source_extensions as (

    select * from {{ ref('source_extensions') }}

),

excluded_paths as (

    select * from {{ ref('excluded_paths') }}

),

services as (

    select * from {{ ref('int_services') }}

),

paths as (

    select
        repository,
        path
    from commit_files

    {{ union_distinct() }}

    select
        repository,
        previous_path as path
    from commit_files
    where previous_path is not null

),

named as (

    select
        repository,
        path,
        '/' || lower(path) as lower_path,
        lower({{ first_match('path', '([^/]+)$') }}) as file_name,
        lower({{ first_match('path', '[^/][.]([^./]+)$') }}) as extension
    from paths

),

matching_patterns as (

    select
        named.repository,
        named.path,
        excluded_paths.excluded_because
    from named
    inner join excluded_paths
        on
            named.file_name = excluded_paths.pattern
            and excluded_paths.match_kind = 'name'

    union all

    select
        named.repository,
        named.path,
        excluded_paths.excluded_because
    from named
    inner join excluded_paths
        on
            named.extension = excluded_paths.pattern
            and excluded_paths.match_kind = 'extension'

    union all

    select
        named.repository,
        named.path,
        excluded_paths.excluded_because
    from named
    inner join excluded_paths
        on
            right(named.file_name, length(excluded_paths.pattern)) = excluded_paths.pattern
            and excluded_paths.match_kind = 'name_suffix'

    union all

    select
        named.repository,
        named.path,
        excluded_paths.excluded_because
    from named
    inner join excluded_paths
        on
            {{ dbt.position("'/' || excluded_paths.pattern || '/'", 'named.lower_path') }} > 0
            and excluded_paths.match_kind = 'folder'

),

-- The reasons sort by name, vendored last: whose file it is matters more than what kind of file.
exclusions as (

    select
        repository,
        path,
        max(excluded_because) as excluded_because
    from matching_patterns
    group by repository, path

),

service_candidates as (

    select
        named.repository,
        named.path,
        services.service_id,
        row_number() over (
            partition by named.repository, named.path
            order by coalesce(length(services.path_prefix), 0) desc, {{ code_point_order('services.service_id') }} asc
        ) as preference
    from named
    inner join services
        on
            lower(named.repository) = lower(services.repository)
            and (
                services.path_prefix is null
                or named.path = services.path_prefix
                or left(named.path, length(services.path_prefix) + 1) = services.path_prefix || '/'
            )

),

final as (

    select
        'git:' || named.repository || ':' || named.path as path_id,
        named.repository,
        service_candidates.service_id,

        named.path,
        named.extension,
        source_extensions.language,
        exclusions.excluded_because,

        source_extensions.extension is not null as is_source

    from named
    left join source_extensions
        on named.extension = source_extensions.extension
    left join exclusions
        on
            named.repository = exclusions.repository
            and named.path = exclusions.path
    left join service_candidates
        on
            named.repository = service_candidates.repository
            and named.path = service_candidates.path
            and service_candidates.preference = 1

)

select * from final
