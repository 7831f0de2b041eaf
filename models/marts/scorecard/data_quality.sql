with

measures as (

    select * from {{ ref('data_quality_measures') }}

),

source_roles as (

    select * from {{ ref('source_roles') }}

),

source_loads as (

    select * from {{ ref('int_source_loads') }}

),

newest_events as (

    select * from {{ ref('int_source_newest_events') }}

),

identity_matches as (

    select * from {{ ref('int_identity_matches') }}

),

link_coverage as (

    select * from {{ ref('int_link_coverage') }}

),

failed_tests as (

    select * from {{ ref('int_failed_tests') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

stale_after as (

    select
        tool,
        object,
        max(stale_after_days) as stale_after_days
    from source_roles
    group by tool, object

),

measured as (

    select
        'rows' as measure,
        tool,
        object,
        cast(rows_landed as {{ raw_type('double precision') }}) as value, -- noqa: RF04
        cast(null as bigint) as part_count,
        rows_landed as whole_count,
        last_landed_at as instant_at
    from source_loads

    union all

    select
        'rejected_share' as measure,
        tool,
        object,
        {{ divide('rows_rejected', 'rows_read') }} as value, -- noqa: RF04
        rows_rejected as part_count,
        rows_read as whole_count,
        last_landed_at as instant_at
    from source_loads

    union all

    select
        'days_behind' as measure,
        tool,
        object,
        {{ seconds_between('covers_to', 'as_of') }} / 86400 as value, -- noqa: RF04
        cast(null as bigint) as part_count,
        cast(null as bigint) as whole_count,
        covers_to as instant_at
    from source_loads

    union all

    select
        'days_since_landing' as measure,
        tool,
        object,
        {{ seconds_between('last_landed_at', 'newest_landing_at') }} / 86400 as value, -- noqa: RF04
        cast(null as bigint) as part_count,
        cast(null as bigint) as whole_count,
        last_landed_at as instant_at
    from source_loads

    union all

    select
        'days_without_event' as measure,
        newest_events.tool,
        newest_events.object,
        {{ seconds_between('newest_events.newest_event_at', 'as_of.as_of') }} / 86400 as value, -- noqa: RF04
        cast(null as bigint) as part_count,
        cast(null as bigint) as whole_count,
        newest_events.newest_event_at as instant_at
    from newest_events
    cross join as_of

    union all

    select
        'unmatched_identities' as measure,
        tool,
        cast(null as {{ raw_type('text') }}) as object,
        {{ divide('unmatched_count', 'identity_count') }} as value, -- noqa: RF04
        cast(unmatched_count as bigint) as part_count,
        cast(identity_count as bigint) as whole_count,
        cast(null as timestamp) as instant_at
    from identity_matches

    union all

    select
        measure,
        cast(null as {{ raw_type('text') }}) as tool,
        cast(null as {{ raw_type('text') }}) as object,
        {{ divide('linked_count', 'thing_count') }} as value, -- noqa: RF04
        linked_count as part_count,
        cast(thing_count as bigint) as whole_count,
        cast(null as timestamp) as instant_at
    from link_coverage

    union all

    select
        'failed_tests' as measure,
        cast(null as {{ raw_type('text') }}) as tool,
        cast(null as {{ raw_type('text') }}) as object,
        cast(failed_count as {{ raw_type('double precision') }}) as value, -- noqa: RF04
        cast(failed_count as bigint) as part_count,
        cast(test_count as bigint) as whole_count,
        tested_at as instant_at
    from failed_tests

),

-- Statuses turn to "cannot tell" at the age that the dictionary of roles names: that is the error here, too.
limited as (

    select
        measured.*,
        measures.measure_name,
        measures.unit,
        measures.better,
        case
            when measured.measure in ('days_behind', 'days_since_landing') then stale_after.stale_after_days / 2.0
            else measures.warn_threshold
        end as warn_threshold,
        case
            when measured.measure in ('days_behind', 'days_since_landing') then stale_after.stale_after_days
            else measures.error_threshold
        end as error_threshold
    from measured
    inner join measures
        on measured.measure = measures.measure
    left join stale_after
        on
            measured.tool = stale_after.tool
            and measured.object = stale_after.object

),

final as (

    select
        measure || ':' || coalesce(tool, '') || ':' || coalesce(object, '') as data_quality_id,
        measure,
        measure_name,
        tool,
        object,
        unit,
        case
            when value is null then 'no_data'
            when warn_threshold is null then 'not_judged'
            when better = 'lower' and value >= error_threshold then 'error'
            when better = 'higher' and value < error_threshold then 'error'
            when better = 'lower' and value >= warn_threshold then 'warn'
            when better = 'higher' and value < warn_threshold then 'warn'
            else 'ok'
        end as status,

        value,
        part_count,
        whole_count,
        warn_threshold,
        error_threshold,

        instant_at

    from limited

)

select * from final
