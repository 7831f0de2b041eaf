with

issues as (

    select * from {{ ref('int_issues') }}

),

changes as (

    select * from {{ ref('int_issue_changes') }}
    where
        field = 'outcome_reference'
        and is_known

),

-- Every entry closes the value that it replaced; what no entry touches held since creation.
stays as (

    select
        issues.issue_id,
        issues.created_at,
        changes.from_text as field_value,
        changes.change_number,
        0 as last_rank,
        changes.changed_at as to_at
    from changes
    inner join issues
        on changes.issue_id = issues.issue_id

    union all

    select
        issue_id,
        created_at,
        outcome_reference as field_value,
        0 as change_number,
        1 as last_rank,
        cast(null as timestamp) as to_at
    from issues

),

ordered as (

    select
        *,
        row_number() over (partition by issue_id order by last_rank, change_number) as stay_number,
        coalesce(
            lag(to_at) over (partition by issue_id order by last_rank, change_number), created_at
        ) as from_at
    from stays

),

final as (

    select
        issue_id || ':' || cast(stay_number as {{ raw_type('text') }}) as issue_outcome_field_id,
        issue_id,

        trim(field_value) as field_value,

        from_at,
        to_at

    from ordered
    where
        trim(field_value) <> ''
        and (to_at is null or to_at > from_at)

)

select * from final
