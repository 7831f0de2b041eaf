{#- What a changelog calls the fields that are followed: by id where it gives one, else by name. -#}
{%- set followed_fields = [
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
] -%}
with

histories as (

    select * from {{ ref('int_issue_histories') }}

),

issue_fields as (

    select * from {{ ref('stg_jira__issue_fields') }}

),

followed_ids as (

    {% for field, vendor_field in followed_fields %}
        select
            '{{ field }}' as field,
            '{{ vendor_field | lower }}' as vendor_field
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

-- Older exports name a custom field, without its id.
vendor_fields as (

    select
        vendor_field,
        min(field) as field
    from (
        select
            field,
            vendor_field
        from followed_ids

        union all

        select
            followed_ids.field,
            issue_fields.field_name as vendor_field
        from followed_ids
        inner join issue_fields
            on followed_ids.vendor_field = issue_fields.field_id
    ) as named
    group by vendor_field

),

exploded as (

    {{ json_array_rows('histories', 'items') }}

),

items as (

    select
        issue_change_id,
        issue_id,
        element_position,
        lower(coalesce({{ json_text('element', 'fieldId') }}, {{ json_text('element', 'field') }})) as field_id,
        lower({{ json_text('element', 'field') }}) as field_name,
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
        on items.field_id = by_id.vendor_field
    left join vendor_fields as by_name
        on items.field_name = by_name.vendor_field

)

select * from final
