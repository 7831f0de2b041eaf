with

identities as (

    select * from {{ ref('int_tool_identities') }}

),

pull_request_commits as (

    select * from {{ ref('stg_github__pull_request_commits') }}

),

users as (

    select * from {{ ref('stg_github__users') }}

),

-- GitHub's own no-reply addresses carry the login, whichever tool shows them.
no_reply_addresses as (

    select
        identity_id as email_identity_id,
        'github:' || {{ first_match('identifier', '^(?:[0-9]+[+])?([^@+]+)@users[.]noreply[.]github[.]com$') }}
            as account_identity_id
    from identities
    where identifier like '%@users.noreply.github.com'

),

-- GitHub says which account an address belongs to; an address that two accounts claim says nothing.
commit_addresses as (

    select
        'email:' || author_email as email_identity_id,
        min(author_identity_id) as account_identity_id
    from pull_request_commits
    where author_email is not null and author_identity_id is not null
    group by author_email
    having count(distinct author_identity_id) = 1

),

profile_addresses as (

    select
        'email:' || email as email_identity_id,
        min(identity_id) as account_identity_id
    from users
    where email is not null
    group by email
    having count(distinct identity_id) = 1

),

claims as (

    select
        email_identity_id,
        account_identity_id,
        1 as precedence
    from no_reply_addresses
    where account_identity_id is not null

    union all

    select
        email_identity_id,
        account_identity_id,
        2 as precedence
    from commit_addresses

    union all

    select
        email_identity_id,
        account_identity_id,
        3 as precedence
    from profile_addresses

),

ranked as (

    select
        email_identity_id,
        account_identity_id,
        row_number() over (partition by email_identity_id order by precedence) as preference
    from claims

),

final as (

    select
        account_identity_id,
        email_identity_id,

        true as is_code_host

    from ranked
    where preference = 1

)

select * from final
