with

issues as (

    select * from {{ ref('int_issues_as_of') }}

),

moves as (

    select * from {{ ref('int_issue_changes') }}
    where
        field = 'issue_key'
        and is_known

),

answered as (

    select
        issue_key,
        issue_id,
        true as is_current,
        created_at as held_until
    from issues

    union all

    select
        upper(moves.from_text) as issue_key,
        moves.issue_id,
        false as is_current,
        moves.changed_at as held_until
    from moves
    inner join issues
        on moves.issue_id = issues.issue_id
    where moves.from_text is not null

),

-- A key answers for the issue that holds it, else for the last that held it.
ranked as (

    select
        issue_key,
        issue_id,
        is_current,
        row_number() over (
            partition by issue_key
            order by is_current desc, held_until desc, issue_id asc
        ) as preference
    from answered

),

final as (

    select
        issue_key,
        issue_id,

        is_current

    from ranked
    where preference = 1

)

select * from final
