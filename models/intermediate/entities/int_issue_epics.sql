with

issues as (

    select * from {{ ref('int_issues') }}

),

epic_intervals as (

    select * from {{ ref('int_issue_field_intervals') }}
    where
        field = 'epic'
        and field_value is not null

),

issue_keys as (

    select * from {{ ref('int_issue_keys') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- A move after as_of has not happened yet.
final as (

    select
        epic_intervals.issue_field_interval_id as issue_epic_id,
        epic_intervals.issue_id,
        upper(epic_intervals.field_value) as epic_key,
        -- An epic that was not exported is known by its key alone.
        coalesce(issue_keys.issue_id, upper(epic_intervals.field_value)) as epic_reference,

        epic_intervals.from_at,
        case when epic_intervals.to_at <= as_of.as_of then epic_intervals.to_at end as to_at

    from epic_intervals
    cross join as_of
    inner join issues
        on epic_intervals.issue_id = issues.issue_id
    left join issue_keys
        on upper(epic_intervals.field_value) = issue_keys.issue_key
    where epic_intervals.from_at <= as_of.as_of

)

select * from final
