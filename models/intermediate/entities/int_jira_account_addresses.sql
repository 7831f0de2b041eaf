with

users as (

    select * from {{ ref('stg_jira__users') }}

),

final as (

    select
        'jira:' || lower(account_id) as account_identity_id,
        min('email:' || email) as email_identity_id,

        false as is_code_host

    from users
    where
        email is not null
        -- An app's address is no person's.
        and coalesce(account_type, '') <> 'app'
    group by lower(account_id)

)

select * from final
