with

issues as (

    select * from {{ ref('int_issues_as_of') }}

),

lifecycles as (

    select * from {{ ref('int_issues_lifecycle') }}

),

teams as (

    select * from {{ ref('int_issue_teams') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

issue_type_kinds as (

    select * from {{ ref('issue_types') }}

),

resolution_kinds as (

    select * from {{ ref('resolutions') }}

),

tool_issues as (

    {{ from_trackers('issues', ['issue_type_id', 'hierarchy_level', 'is_subtask']) }}

),

-- An issue whose type changed after as_of tells its new type's level; others tell the old one's.
type_levels as (

    select
        tool,
        issue_type_id,
        max(hierarchy_level) as hierarchy_level,
        {{ any_true('is_subtask') }} as is_subtask
    from tool_issues
    where issue_type_id is not null
    group by tool, issue_type_id

),

classified as (

    select
        issues.*,
        {{ first_match('issues.issue_key', '^(.+)-[0-9]+$') }} as project_key,
        coalesce(issue_type_kinds.issue_kind, 'standard') as issue_kind,
        coalesce(type_levels.is_subtask, issues.is_subtask)
        or coalesce(type_levels.hierarchy_level, issues.hierarchy_level, 0) < 0
        or coalesce(issue_type_kinds.issue_kind = 'subtask', false) as is_below_standard,
        coalesce(type_levels.hierarchy_level, issues.hierarchy_level, 0) >= 1
        or coalesce(issue_type_kinds.issue_kind = 'epic', false) as is_above_standard,
        resolution_kinds.resolution_kind
    from issues
    left join issue_type_kinds
        on lower(issues.issue_type) = issue_type_kinds.issue_type
    left join type_levels
        on
            issues.tool = type_levels.tool
            and issues.issue_type_id = type_levels.issue_type_id
    left join resolution_kinds
        on lower(issues.resolution) = resolution_kinds.resolution

),

final as (

    select
        classified.issue_id,
        classified.issue_key,
        classified.project_key,
        classified.epic_key,
        classified.parent_key,
        classified.assignee_account_id,
        classified.reporter_account_id,
        teams.team_id,

        classified.title,
        classified.description,
        classified.url_prefix || classified.issue_key as url,
        classified.issue_type,
        classified.issue_kind,
        lifecycles.status_name,
        lifecycles.status_category,
        classified.resolution,
        coalesce(classified.resolution_kind, lifecycles.cancelled_because) as cancelled_because,
        case
            when classified.is_below_standard then 'subtask'
            when classified.is_above_standard then 'epic'
        end as not_standard_because,
        classified.priority,
        classified.found_in,
        classified.severity,
        classified.outcome_reference,

        not classified.is_below_standard and not classified.is_above_standard as is_standard,
        classified.issue_kind = 'defect' as is_defect,
        coalesce(teams.is_bot, false) as is_of_bot,
        lifecycles.is_done,
        lifecycles.is_back_in_todo,
        lifecycles.is_history_complete,
        lifecycles.is_start_known,
        lifecycles.is_finish_inferred,

        classified.created_at,
        lifecycles.started_at,
        lifecycles.finished_at,
        lifecycles.first_reopened_at

    from classified
    cross join as_of
    inner join lifecycles
        on classified.issue_id = lifecycles.issue_id
    left join teams
        on
            classified.issue_id = teams.issue_id
            and coalesce(lifecycles.finished_at, as_of.as_of) = teams.asked_at

)

select * from final
