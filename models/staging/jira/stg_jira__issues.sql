{#- A table: every model of issues reads it, and reading its JSON is the dearest step of them all. -#}
{{ config(materialized='table') }}

with

source as (

    select * from {{ source('raw_jira', 'issues') }}

),

read as (

    {{ json_columns('source', 'fields', {
        'field_project_key': 'project.key',
        'issue_type_id': 'issuetype.id',
        'issue_type': 'issuetype.name',
        'field_is_subtask': 'issuetype.subtask',
        'field_hierarchy_level': 'issuetype.hierarchyLevel',
        'status_id': 'status.id',
        'status_name': 'status.name',
        'status_category_key': 'status.statusCategory.key',
        'assignee_account_id': 'assignee.accountId',
        'assignee_account_type': 'assignee.accountType',
        'reporter_account_id': 'reporter.accountId',
        'reporter_account_type': 'reporter.accountType',
        'field_reporter_email': 'reporter.emailAddress',
        'field_parent_key': 'parent.key',
        'field_epic_link': var('jira_epic_link_field'),
        'title': 'summary',
        'description': 'description',
        'resolution': 'resolution.name',
        'priority': 'priority.name',
        'found_in_value': var('jira_found_in_field') ~ '.value',
        'found_in_text': var('jira_found_in_field'),
        'severity_value': var('jira_severity_field') ~ '.value',
        'severity_text': var('jira_severity_field'),
        'outcome_value': var('jira_outcome_field') ~ '.value',
        'outcome_text': var('jira_outcome_field'),
        'field_created': 'created',
        'field_updated': 'updated',
        'field_resolved': 'resolutiondate',
    }) }}

),

history as (

    {{ json_columns('read', 'changelog', {
        'changelog_total_text': 'total',
        'changelog_histories': 'histories',
    }) }}

),

final as (

    select
        'jira:' || id as issue_id,
        upper(key) as issue_key,
        coalesce(field_project_key, {{ first_match('key', '^(.+)-[0-9]+$') }}) as project_key,
        issue_type_id,
        status_id,
        assignee_account_id,
        reporter_account_id,
        upper(field_parent_key) as parent_key,
        upper(field_epic_link) as epic_link_key,

        title,
        description,
        {{ first_match('self', '^(.+)/rest/api/') }} || '/browse/' as url_prefix,
        issue_type,
        status_name,
        status_category_key,
        resolution,
        priority,
        assignee_account_type,
        reporter_account_type,
        nullif(lower(field_reporter_email), '') as reporter_email,
        {{ option_text('found_in_value', 'found_in_text') }} as found_in,
        {{ option_text('severity_value', 'severity_text') }} as severity,
        {{ option_text('outcome_value', 'outcome_text') }} as outcome_reference,

        {{ safe_number('field_hierarchy_level', 'integer') }} as hierarchy_level,
        {{ safe_number('changelog_total_text', 'bigint') }} as changelog_total,
        {{ json_array_length('changelog_histories') }} as changelog_embedded_count,

        coalesce(field_is_subtask = 'true', false) as is_subtask,

        {{ parse_instant('field_created') }} as created_at,
        {{ parse_instant('field_updated') }} as updated_at,
        {{ parse_instant('field_resolved') }} as resolved_at

    from history

)

select * from final
