with

outcome_links as (

    select * from {{ ref('stg_planning__outcome_links') }}

),

outcomes as (

    select * from {{ ref('int_outcomes') }}

),

outcome_names as (

    select * from {{ ref('int_outcome_names') }}

),

roadmap_items as (

    select * from {{ ref('int_roadmap_items') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

exported_types as (

    select
        outcome_type,
        count(*) as outcome_count
    from outcomes
    group by outcome_type

),

-- Kept by hand. Where no deals (or accounts) were exported the sheet's word is taken, else it must name one of them.
listed as (

    select
        outcome_links.issue_key,
        outcome_links.outcome_type,
        coalesce(outcome_names.outcome_id, outcome_links.outcome_id) as outcome_id,
        outcome_links.outcome_type || '_link' as link_method,
        outcome_links.linked_at
    from outcome_links
    cross join as_of
    left join outcome_names
        on
            outcome_links.outcome_type = outcome_names.outcome_type
            and lower(outcome_links.outcome_id) = outcome_names.known_as
            and outcome_names.is_identifier
    left join exported_types
        on outcome_links.outcome_type = exported_types.outcome_type
    where
        (outcome_links.linked_at is null or outcome_links.linked_at <= as_of.as_of)
        and (
            outcome_names.outcome_id is not null
            or (outcome_links.outcome_type <> 'objective' and exported_types.outcome_type is null)
        )

),

crm_records as (

    select
        outcome_type,
        outcome_id,
        issue_keys as searched_text
    from outcomes
    where issue_keys is not null

),

-- A key ends where no letter or digit follows; one that runs on is no key of an issue and finds none.
crm_mentions as (

    {{ all_matches('crm_records', 'searched_text', '(?:^|[^A-Za-z0-9])([A-Za-z][A-Za-z0-9]*-[0-9][A-Za-z0-9]*)') }}

),

-- A project's key may hold underscores, which bound keys elsewhere.
crm_mentions_with_underscores as (

    {{ all_matches(
        'crm_records', 'searched_text', '(?:^|[^A-Za-z0-9_])([A-Za-z0-9]+_[A-Za-z0-9_]*-[0-9][A-Za-z0-9]*)'
    ) }}

),

-- The roadmap ties an epic to an objective from the first plan that says so.
planned as (

    select
        epic_key as issue_key,
        objective_id as outcome_id,
        {{ to_utc('min(plan_version_on)') }} as linked_at
    from roadmap_items
    where
        epic_key is not null
        and objective_id is not null
    group by epic_key, objective_id

),

-- A CRM record says no date for the key that it names.
keyed as (

    select * from listed

    union all

    select
        upper(matched) as issue_key,
        outcome_type,
        outcome_id,
        outcome_type || '_property' as link_method,
        cast(null as timestamp) as linked_at
    from crm_mentions

    union all

    select
        upper(matched) as issue_key,
        outcome_type,
        outcome_id,
        outcome_type || '_property' as link_method,
        cast(null as timestamp) as linked_at
    from crm_mentions_with_underscores

    union all

    select
        issue_key,
        'objective' as outcome_type,
        outcome_id,
        'roadmap_item' as link_method,
        linked_at
    from planned

),

-- A link without a date says nothing against one that has one.
dated as (

    select
        *,
        linked_at is not null as is_dated
    from keyed

),

final as (

    select
        issue_key || '>' || outcome_type || ':' || outcome_id || ':' || link_method
        || case when is_dated then '' else ':undated' end as outcome_key_link_id,
        issue_key,
        outcome_id,

        outcome_type,
        link_method,

        min(linked_at) as linked_at

    from dated
    group by issue_key, outcome_type, outcome_id, link_method, is_dated

)

select * from final
