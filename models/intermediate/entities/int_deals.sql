with

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

deal_stages as (

    select * from {{ ref('stg_hubspot__deal_stages') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- A stage says something only where all stages of that name say the same.
stages as (

    select
        stage_id,
        {{ any_true('is_closed and coalesce(probability, 0) = 0') }} as is_lost
    from deal_stages
    group by stage_id
    having
        {{ any_true('is_closed and coalesce(probability, 0) = 0') }}
        = {{ every_true('is_closed and coalesce(probability, 0) = 0') }}

),

judged as (

    select
        deals.*,
        -- What the deal says of itself, else its stage; NULL where neither tells.
        case
            when deals.is_closed_lost is not null then deals.is_closed_lost
            when deals.is_closed_won or not deals.is_closed then false
            when deals.is_closed and not deals.is_closed_won then true
            else stages.is_lost
        end as is_lost,
        -- A deal that was closed without a date was closed by its last change.
        coalesce(deals.closed_at, deals.updated_at, deals.created_at) as closed_by_at
    from deals
    left join stages
        on deals.stage_id = stages.stage_id

),

final as (

    select
        judged.deal_id,

        judged.deal_name,
        judged.issue_keys,
        judged.currency,

        judged.amount,

        coalesce(judged.is_closed_won and judged.closed_at <= as_of.as_of, false) as is_won,

        judged.created_at,
        case when judged.is_lost and judged.closed_by_at <= as_of.as_of then judged.closed_by_at end as lost_at,
        case
            when judged.is_lost is null and judged.closed_by_at <= as_of.as_of then judged.closed_by_at
        end as perhaps_lost_at

    from judged
    cross join as_of
    where
        not judged.is_archived
        and judged.created_at <= as_of.as_of

)

select * from final
