with

contributions as (

    select * from {{ ref('int_service_contributions') }}
    where is_current

),

ranked as (

    select
        *,
        row_number() over (
            partition by service_id, month_end_on order by change_count desc, person_id asc
        ) as contributor_rank,
        sum(change_count) over (
            partition by service_id, month_end_on
            order by change_count desc, person_id asc
            rows between unbounded preceding and current row
        ) as changes_so_far,
        sum(change_count) over (partition by service_id, month_end_on) as service_changes
    from contributions

),

final as (

    select
        service_id || ':' || cast(month_end_on as {{ raw_type('text') }}) as service_contributor_absence_factor_id,
        service_id,

        cast(min(service_changes) as bigint) as change_count,
        cast(min(contributor_rank) as bigint) as contributor_absence_factor,

        month_end_on

    from ranked
    where 2 * changes_so_far >= service_changes
    group by service_id, month_end_on

)

select * from final
