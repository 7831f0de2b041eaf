with

objectives as (

    select * from {{ ref('stg_planning__objectives') }}

),

deals as (

    select * from {{ ref('int_deals') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

united as (

    select
        'objective' as outcome_type,
        objective_id as outcome_id,
        objective_id as native_id,
        objective_name as outcome_name,
        cast(null as {{ raw_type('text') }}) as issue_keys,
        active_from_on,
        coalesce(active_to_on, cast('9999-12-31' as date)) as active_to_on,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as lost_at,
        cast(null as timestamp) as perhaps_lost_at
    from objectives

    union all

    select
        'deal' as outcome_type,
        deal_id as outcome_id,
        replace(deal_id, 'hubspot:', '') as native_id,
        deal_name as outcome_name,
        issue_keys,
        cast(null as date) as active_from_on,
        cast(null as date) as active_to_on,
        created_at,
        lost_at,
        perhaps_lost_at
    from deals

    union all

    select
        'account' as outcome_type,
        account_id as outcome_id,
        replace(account_id, 'hubspot:', '') as native_id,
        account_name as outcome_name,
        issue_keys,
        cast(null as date) as active_from_on,
        cast(null as date) as active_to_on,
        created_at,
        cast(null as timestamp) as lost_at,
        cast(null as timestamp) as perhaps_lost_at
    from accounts

),

final as (

    select
        outcome_type || ':' || outcome_id as outcome_key,
        outcome_id,
        native_id,

        outcome_type,
        outcome_name,
        issue_keys,

        active_from_on,
        active_to_on,

        created_at,
        lost_at,
        perhaps_lost_at

    from united

)

select * from final
