with

open_observations as (

    select * from {{ ref('stat_open_observations') }}

),

scoped as (

    {{ by_scope('open_observations') }}

),

final as (

    select
        kpi,
        last_month_on,
        scope_type,
        scope_id,

        count(*) as open_count,
        max(open_age_seconds) as open_oldest_seconds

    from scoped
    group by
        kpi,
        last_month_on,
        scope_type,
        scope_id

)

select * from final
