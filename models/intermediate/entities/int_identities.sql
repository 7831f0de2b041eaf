with

tool_identities as (

    select * from {{ ref('int_tool_identities') }}

),

anchors as (

    select * from {{ ref('int_identity_anchors') }}

),

listed as (

    select * from {{ ref('int_planning_identities') }}

),

bots as (

    select * from {{ ref('bots') }}

),

identities as (

    select
        tool_identities.identity_id,
        coalesce(anchors.anchor_id, tool_identities.identity_id) as anchor_id,
        tool_identities.identifier,
        tool_identities.is_bot_account
    from tool_identities
    left join anchors
        on tool_identities.identity_id = anchors.identity_id

),

anchor_people as (

    select
        identities.anchor_id,
        min(listed.person_id) as person_id
    from identities
    inner join listed
        on identities.identity_id = listed.identity_id
    group by identities.anchor_id

),

-- The account itself may be named nowhere but in an address of its own.
anchor_identifiers as (

    select
        anchor_id,
        identifier
    from identities

    {{ union_distinct() }}

    select
        anchor_id,
        {{ first_match('anchor_id', '^[^:]+:(.+)$') }} as identifier
    from identities

),

listed_bots as (

    select anchor_identifiers.anchor_id
    from anchor_identifiers
    inner join bots
        on anchor_identifiers.identifier = bots.identifier
    group by anchor_identifiers.anchor_id

),

bot_anchors as (

    select
        identities.anchor_id,
        {{ any_true("
            identities.is_bot_account
            or identities.identifier like '%[bot]'
            or identities.identifier like '%[bot]@%'
            or listed_bots.anchor_id is not null
        ") }} as is_bot
    from identities
    left join listed_bots
        on identities.anchor_id = listed_bots.anchor_id
    group by identities.anchor_id

),

final as (

    select
        identities.identity_id,
        coalesce(listed.person_id, anchor_people.person_id, identities.anchor_id) as person_id,

        coalesce(listed.person_id, anchor_people.person_id) is not null as is_listed,
        bot_anchors.is_bot

    from identities
    inner join bot_anchors
        on identities.anchor_id = bot_anchors.anchor_id
    left join anchor_people
        on identities.anchor_id = anchor_people.anchor_id
    left join listed
        on identities.identity_id = listed.identity_id

)

select * from final
