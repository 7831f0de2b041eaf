-- An account and each address of it are one person's: a chain of accounts and addresses that the rounds did not reach
-- through would stand here.
with

account_addresses as (

    select * from {{ ref('int_tool_account_addresses') }}

),

anchors as (

    select * from {{ ref('int_identity_anchors') }}

),

final as (

    select
        account_addresses.account_identity_id,
        account_addresses.email_identity_id,
        of_account.anchor_id as anchor_of_account,
        of_address.anchor_id as anchor_of_address
    from account_addresses
    left join anchors as of_account
        on account_addresses.account_identity_id = of_account.identity_id
    left join anchors as of_address
        on account_addresses.email_identity_id = of_address.identity_id
    where coalesce(of_account.anchor_id, '') <> coalesce(of_address.anchor_id, '')

)

select * from final
