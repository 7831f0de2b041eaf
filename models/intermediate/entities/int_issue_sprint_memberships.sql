with

sprint_fields as (

    select * from {{ ref('int_issue_field_intervals') }}
    where field = 'sprint'

),

issue_sprints as (

    {{ from_trackers('issue_sprints', ['issue_id', 'sprint_id']) }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

listed as (

    {{ all_matches('sprint_fields', 'field_value', '([0-9]+)') }}

),

held as (

    select
        issue_id,
        {{ first_match('issue_id', '^([^:]+:)') }} || matched as sprint_id,
        interval_number,
        from_at,
        to_at
    from listed

    {{ union_distinct() }}

    select
        sprint_fields.issue_id,
        issue_sprints.sprint_id,
        sprint_fields.interval_number,
        sprint_fields.from_at,
        sprint_fields.to_at
    from sprint_fields
    inner join issue_sprints
        on sprint_fields.issue_id = issue_sprints.issue_id
    where
        sprint_fields.is_today
        and issue_sprints.sprint_id is not null

),

final as (

    select
        held.issue_id || ':' || held.sprint_id || ':' || cast(held.interval_number as {{ raw_type('text') }})
            as issue_sprint_membership_id,
        held.issue_id,
        held.sprint_id,

        held.from_at,
        case when held.to_at <= as_of.as_of then held.to_at end as to_at

    from held
    cross join as_of
    where held.from_at <= as_of.as_of

)

select * from final
