with

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        deals.deal_id,

        deals.deal_name,
        deals.issue_keys,
        deals.currency,

        deals.amount,

        deals.is_closed_won and deals.closed_at <= as_of.as_of as is_won,

        deals.created_at,
        -- A deal lost without a date was lost by its last change.
        case
            when deals.is_closed_lost and coalesce(deals.closed_at, deals.updated_at) <= as_of.as_of
                then coalesce(deals.closed_at, deals.updated_at)
        end as lost_at

    from deals
    cross join as_of
    where
        not deals.is_archived
        and deals.created_at <= as_of.as_of

)

select * from final
