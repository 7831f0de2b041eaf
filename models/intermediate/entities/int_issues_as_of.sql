{#- Columns that are walked back, and the part of a changelog entry that holds their value. -#}
{%- set walked_back = [
    ('issue_key', 'issue_key', 'from_text'),
    ('issue_type_id', 'issue_type', 'from_value'),
    ('assignee_account_id', 'assignee', 'from_value'),
    ('reporter_account_id', 'reporter', 'from_value'),
    ('epic_key', 'epic', 'from_text'),
    ('title', 'title', 'from_text'),
    ('issue_type', 'issue_type', 'from_text'),
    ('resolution', 'resolution', 'from_text'),
    ('priority', 'priority', 'from_text'),
    ('found_in', 'found_in', 'from_text'),
    ('severity', 'severity', 'from_text'),
    ('outcome_reference', 'outcome_reference', 'from_text'),
] -%}
with

-- A sub-task's parent is no epic.
issues as (

    {{ from_trackers('issues', [
        'issue_id', 'parent_key', 'status_id', 'issue_key', 'issue_type_id', 'assignee_account_id',
        'reporter_account_id', 'title', 'issue_type', 'resolution', 'priority', 'found_in', 'severity',
        'outcome_reference', 'description', 'url_prefix', 'status_name', 'status_category_key',
        'reporter_account_type', 'reporter_email', 'hierarchy_level', 'changelog_total',
        'changelog_embedded_count', 'is_subtask', 'created_at', 'resolved_at',
        'coalesce(epic_link_key, case when not is_subtask then parent_key end) as epic_key',
    ]) }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

later_changes as (

    select
        issue_id,
        field,
        from_value,
        from_text,
        row_number() over (partition by issue_id, field order by change_number) as later_change_number
    from {{ ref('int_issue_changes') }}
    where
        not is_known
        and field is not null

),

-- The first entry after as_of says what was held before it.
held_before as (

    select
        {% for column, field, part in walked_back %}
            {{ any_true("field = '" ~ field ~ "'") }} as is_{{ column }}_changed,
            max(case when field = '{{ field }}' then {{ part }} end) as {{ column }},
        {% endfor %}
        issue_id
    from later_changes
    where later_change_number = 1
    group by issue_id

),

final as (

    select
        issues.issue_id,
        issues.parent_key,
        issues.status_id,
        {% for column, field, part in walked_back %}
            case when held_before.is_{{ column }}_changed then held_before.{{ column }} else issues.{{ column }} end
                as {{ column }},
        {% endfor %}

        issues.tool,
        issues.description,
        issues.url_prefix,
        issues.status_name,
        issues.status_category_key,
        issues.reporter_account_type,
        issues.reporter_email,

        issues.hierarchy_level,
        issues.changelog_total,
        issues.changelog_embedded_count,

        issues.is_subtask,

        issues.created_at,
        case when issues.resolved_at <= as_of.as_of then issues.resolved_at end as resolved_at

    from issues
    cross join as_of
    left join held_before
        on issues.issue_id = held_before.issue_id
    where issues.created_at <= as_of.as_of

)

select * from final
