{#- What each tracker's changelog calls the fields that are followed: by id where it gives one, else by name. -#}
{%- set followed_fields = {'jira': [
    ('status', 'status'),
    ('assignee', 'assignee'),
    ('resolution', 'resolution'),
    ('reporter', 'reporter'),
    ('issue_type', 'issuetype'),
    ('issue_key', 'key'),
    ('title', 'summary'),
    ('priority', 'priority'),
    ('sprint', 'sprint'),
    ('sprint', var('jira_sprint_field')),
    ('epic', 'epic link'),
    ('epic', 'issueparentassociation'),
    ('epic', 'parent'),
    ('epic', var('jira_epic_link_field')),
    ('found_in', var('jira_found_in_field')),
    ('severity', var('jira_severity_field')),
    ('outcome_reference', var('jira_outcome_field')),
]} -%}
with

histories as (

    select * from {{ ref('int_issue_histories') }}

),

issue_fields as (

    {{ from_trackers('issue_fields', ['field_id', 'field_name']) }}

),

followed_ids as (

    {% for tool in trackers() %}
        {% set is_last_tool = loop.last %}
        {% for field, vendor_field in followed_fields[tool] %}
            select
                '{{ tool }}' as tool,
                '{{ field }}' as field,
                '{{ vendor_field | lower }}' as vendor_field
            {% if not (loop.last and is_last_tool) %}
                union all
            {% endif %}
        {% endfor %}
    {% endfor %}

),

-- Older exports name a custom field, without its id; a name that two fields bear says nothing.
sole_names as (

    select
        tool,
        field_name,
        min(field_id) as field_id
    from issue_fields
    group by tool, field_name
    having count(distinct field_id) = 1

),

vendor_fields as (

    select
        tool,
        vendor_field,
        min(field) as field,
        {{ any_true('is_own_name') }} as is_own_name
    from (
        select
            tool,
            field,
            vendor_field,
            true as is_own_name
        from followed_ids

        union all

        select
            followed_ids.tool,
            followed_ids.field,
            sole_names.field_name as vendor_field,
            false as is_own_name
        from followed_ids
        inner join sole_names
            on
                followed_ids.tool = sole_names.tool
                and followed_ids.vendor_field = sole_names.field_id
    ) as named
    group by tool, vendor_field

),

exploded as (

    {{ json_array_rows('histories', 'items') }}

),

items as (

    select
        tool,
        issue_change_id,
        issue_id,
        element_position,
        lower(coalesce({{ json_text('element', 'fieldId') }}, {{ json_text('element', 'field') }})) as field_id,
        lower({{ json_text('element', 'field') }}) as field_name,
        {{ json_text('element', 'fieldId') }} is null as is_id_missing,
        {{ json_text('element', 'from') }} as from_value,
        {{ json_text('element', 'fromString') }} as from_text,
        {{ json_text('element', 'to') }} as to_value,
        {{ json_text('element', 'toString') }} as to_text,
        is_known,
        changed_at
    from exploded

),

final as (

    select
        items.issue_change_id || ':' || cast(items.element_position as {{ raw_type('text') }}) as issue_change_item_id,
        items.issue_change_id,
        items.issue_id,

        items.field_id,
        items.field_name,
        coalesce(by_id.field, by_name.field) as field,
        nullif(items.from_value, '') as from_value,
        nullif(items.from_text, '') as from_text,
        nullif(items.to_value, '') as to_value,
        nullif(items.to_text, '') as to_text,

        row_number() over (
            partition by items.issue_id
            order by items.changed_at, length(items.issue_change_id), items.issue_change_id, items.element_position
        ) as change_number,

        items.is_known,

        items.changed_at

    from items
    left join vendor_fields as by_id
        on
            items.tool = by_id.tool
            and items.field_id = by_id.vendor_field
    left join vendor_fields as by_name
        on
            items.tool = by_name.tool
            and items.field_name = by_name.vendor_field
            and (items.is_id_missing or by_name.is_own_name)

)

select * from final
