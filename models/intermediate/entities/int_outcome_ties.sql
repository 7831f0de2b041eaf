{#- What ties a work item (an issue or an epic, by reference) to an outcome, whichever issue it is then asked for. -#}
with

key_links as (

    select * from {{ ref('int_outcome_key_links') }}

),

outcome_names as (

    select * from {{ ref('int_outcome_names') }}

),

field_stays as (

    select * from {{ ref('int_issue_outcome_fields') }}

),

issue_keys as (

    select * from {{ ref('int_issue_keys') }}

),

-- What was not exported is known by its key alone. Only a field says when it ceased to name its outcome.
united as (

    select
        coalesce(issue_keys.issue_id, key_links.issue_key) as work_reference,
        key_links.outcome_type,
        key_links.outcome_id,
        key_links.link_method,
        key_links.linked_at,
        cast(null as timestamp) as unlinked_at
    from key_links
    left join issue_keys
        on key_links.issue_key = issue_keys.issue_key

    union all

    select
        field_stays.issue_id as work_reference,
        outcome_names.outcome_type,
        outcome_names.outcome_id,
        'outcome_field' as link_method,
        field_stays.from_at as linked_at,
        field_stays.to_at as unlinked_at
    from field_stays
    inner join outcome_names
        on lower(field_stays.field_value) = outcome_names.known_as

),

-- A link without a date says nothing against one that has one.
dated as (

    select
        *,
        linked_at is not null as is_dated
    from united

),

final as (

    select
        work_reference || '>' || outcome_type || ':' || outcome_id || ':' || link_method
        || coalesce(':' || cast(unlinked_at as {{ raw_type('text') }}), '')
        || case when is_dated then '' else ':undated' end as outcome_tie_id,
        work_reference,
        outcome_id,

        outcome_type,
        link_method,
        case when is_dated then 'explicit' else 'inferred' end as confidence,

        min(linked_at) as linked_at,
        unlinked_at

    from dated
    group by work_reference, outcome_type, outcome_id, link_method, unlinked_at, is_dated

)

select * from final
