-- A stay in an epic ends no later than the next begins.
with

issue_epics as (

    select
        *,
        lead(from_at) over (partition by issue_id order by from_at, issue_epic_id) as next_from_at
    from {{ ref('int_issue_epics') }}

),

final as (

    select * from issue_epics
    where
        next_from_at is not null
        and (to_at is null or to_at > next_from_at)

)

select * from final
