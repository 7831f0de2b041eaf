with

source_roles as (

    select * from {{ ref('source_roles') }}

),

source_coverage as (

    select * from {{ ref('int_source_coverage') }}

),

-- A tool speaks for a role only where all its objects do.
tools as (

    select
        source_roles.role,
        source_roles.tool,
        max(source_roles.stale_after_days) as stale_after_days,
        count(source_coverage.tool) = count(*) as is_loaded,
        case
            when count(source_coverage.covers_from) = count(*) then max(source_coverage.covers_from)
        end as covers_from,
        case
            when count(source_coverage.covers_to) = count(*) then min(source_coverage.covers_to)
        end as covers_to
    from source_roles
    left join source_coverage
        on
            source_roles.tool = source_coverage.tool
            and source_roles.object = source_coverage.object
    group by
        source_roles.role,
        source_roles.tool

),

final as (

    select
        role,

        max(stale_after_days) as stale_after_days,

        {{ any_true('is_loaded') }} as is_loaded,

        min(case when is_loaded then covers_from end) as covers_from,
        max(case when is_loaded then covers_to end) as covers_to

    from tools
    group by role

)

select * from final
