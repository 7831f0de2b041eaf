with

issues as (

    select * from {{ ref('int_issues') }}

),

issue_keys as (

    select * from {{ ref('int_issue_keys') }}

),

issue_links as (

    {{ from_trackers('issue_links', ['issue_id', 'linked_issue_key']) }}

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

incident_descriptions as (

    select * from {{ ref('stg_pagerduty__incidents') }}

),

custom_fields as (

    select * from {{ ref('stg_pagerduty__incident_custom_fields') }}

),

incident_texts as (

    select
        incident_id,
        title as searched_text
    from incidents

    union all

    select
        incidents.incident_id,
        incident_descriptions.description as searched_text
    from incidents
    inner join incident_descriptions
        on incidents.incident_id = incident_descriptions.incident_id

    union all

    select
        incidents.incident_id,
        custom_fields.field_value as searched_text
    from incidents
    inner join custom_fields
        on incidents.incident_id = custom_fields.incident_id

),

issue_texts as (

    select
        issue_id,
        coalesce(title, '') || ' ' || coalesce(description, '') as searched_text
    from issues

),

-- A key ends where no letter or digit follows; one that runs on is no key of an issue and finds none.
keys_in_incidents as (

    {{ all_matches('incident_texts', 'searched_text', '(?:^|[^A-Za-z0-9])([A-Za-z][A-Za-z0-9]*-[0-9][A-Za-z0-9]*)') }}

),

-- A project's key may hold underscores, which bound keys elsewhere.
keys_with_underscores as (

    {{ all_matches(
        'incident_texts', 'searched_text',
        '(?:^|[^A-Za-z0-9_])([A-Za-z0-9]+_[A-Za-z0-9_]*-[0-9][A-Za-z0-9]*)'
    ) }}

),

keys_named as (

    select
        incident_id,
        matched
    from keys_in_incidents

    union all

    select
        incident_id,
        matched
    from keys_with_underscores

),

-- An incident's id, alone or in its address, is bounded as a key is: by anything but a letter or a digit.
ids_in_issues as (

    {{ all_matches('issue_texts', 'searched_text', '([A-Za-z0-9]{6,})') }}

),

ties as (

    select
        issue_keys.issue_id,
        keys_named.incident_id,
        1 as method_rank
    from keys_named
    inner join issue_keys
        on upper(keys_named.matched) = issue_keys.issue_key

    union all

    select
        ids_in_issues.issue_id,
        incidents.incident_id,
        2 as method_rank
    from ids_in_issues
    inner join incidents
        on ids_in_issues.matched = {{ first_match('incidents.incident_id', ':(.+)$') }}

    union all

    -- An incident may have a ticket of its own in the tracker.
    select
        issue_links.issue_id,
        tickets.issue_id as incident_id,
        3 as method_rank
    from issue_links
    inner join issues
        on issue_links.issue_id = issues.issue_id
    inner join issue_keys
        on upper(issue_links.linked_issue_key) = issue_keys.issue_key
    inner join issues as tickets
        on issue_keys.issue_id = tickets.issue_id
    where tickets.issue_kind = 'incident'

),

best as (

    select
        issue_id,
        incident_id,
        min(method_rank) as method_rank
    from ties
    group by issue_id, incident_id

),

final as (

    select
        issue_id || ':' || incident_id as issue_incident_id,
        issue_id,
        incident_id,

        case method_rank
            when 1 then 'key_in_incident'
            when 2 then 'incident_in_issue'
            else 'issue_link'
        end as link_method,
        'explicit' as confidence

    from best

)

select * from final
