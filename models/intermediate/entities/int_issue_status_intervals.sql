with

issues as (

    {{ from_trackers('issues', [
        'issue_id', 'status_id', 'status_name', 'status_category_key', 'created_at',
    ]) }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

workflow_statuses as (

    {{ from_trackers('workflow_statuses', ['status_id', 'status_name', 'status_category_key']) }}

),

dictionary as (

    select * from {{ ref('issue_statuses') }}

),

changes as (

    select
        *,
        row_number() over (partition by issue_id order by change_number) as status_change_number
    from {{ ref('int_issue_changes') }}
    where field = 'status'

),

-- The first status is held from creation: what the first entry replaced, even one after as_of.
first_stays as (

    select
        issues.issue_id,
        1 as interval_number,
        case when changes.issue_id is null then issues.status_id else changes.from_value end as status_id,
        case when changes.issue_id is null then issues.status_name else changes.from_text end as status_name,
        issues.created_at as from_at
    from issues
    left join changes
        on
            issues.issue_id = changes.issue_id
            and changes.status_change_number = 1

),

stays as (

    select
        issue_id,
        interval_number,
        status_id,
        status_name,
        from_at
    from first_stays

    union all

    select
        changes.issue_id,
        changes.status_change_number + 1 as interval_number,
        changes.to_value as status_id,
        changes.to_text as status_name,
        changes.changed_at as from_at
    from changes
    inner join issues
        on changes.issue_id = issues.issue_id

),

known_stays as (

    select
        stays.*,
        issues.tool,
        issues.status_id as current_status_id,
        issues.status_name as current_status_name,
        issues.status_category_key as current_status_category_key,
        lead(stays.from_at) over (partition by stays.issue_id order by stays.interval_number) as to_at
    from stays
    inner join issues
        on stays.issue_id = issues.issue_id
    cross join as_of
    where
        stays.from_at <= as_of.as_of
        and issues.created_at <= as_of.as_of

),

-- A name says something only where all statuses of that name are of one category.
categories_by_name as (

    select
        tool,
        lower(status_name) as status_name,
        min(status_category_key) as status_category_key
    from workflow_statuses
    group by tool, lower(status_name)
    having count(distinct status_category_key) = 1

),

-- What other issues that stand in the status today say of it.
categories_seen as (

    select
        tool,
        status_id,
        min(status_category_key) as status_category_key
    from issues
    where status_id is not null
    group by tool, status_id
    having count(distinct status_category_key) = 1

),

categorised as (

    select
        known_stays.*,
        coalesce(
            case coalesce(
                by_id.status_category_key,
                by_name.status_category_key,
                case
                    when
                        known_stays.status_id = known_stays.current_status_id
                        or (
                            coalesce(known_stays.status_id, known_stays.current_status_id) is null
                            and known_stays.status_name = known_stays.current_status_name
                        )
                        then known_stays.current_status_category_key
                end,
                categories_seen.status_category_key
            )
                when 'new' then 'todo'
                when 'indeterminate' then 'in_progress'
                when 'done' then 'done'
            end,
            dictionary.status_category
        ) as status_category,
        dictionary.cancelled_because
    from known_stays
    left join workflow_statuses as by_id
        on
            known_stays.tool = by_id.tool
            and known_stays.status_id = by_id.status_id
    left join categories_by_name as by_name
        on
            known_stays.tool = by_name.tool
            and lower(known_stays.status_name) = by_name.status_name
    left join categories_seen
        on
            known_stays.tool = categories_seen.tool
            and known_stays.status_id = categories_seen.status_id
    left join dictionary
        on lower(known_stays.status_name) = dictionary.status_name

),

final as (

    select
        issue_id || ':' || cast(interval_number as {{ raw_type('text') }}) as issue_status_interval_id,
        issue_id,
        status_id,

        status_name,
        status_category,
        -- A status of this name may also be a step on the way (`Rejected` by a reviewer).
        case when status_category = 'done' then cancelled_because end as cancelled_because,

        interval_number,

        to_at is null or to_at > from_at as is_last_at_instant,

        from_at,
        to_at

    from categorised

)

select * from final
