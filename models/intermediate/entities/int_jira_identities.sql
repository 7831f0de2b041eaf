with

users as (

    select * from {{ ref('stg_jira__users') }}

),

issues as (

    select * from {{ ref('stg_jira__issues') }}

),

seen as (

    select
        'jira:' || lower(account_id) as identity_id,
        lower(account_id) as identifier,
        coalesce(account_type = 'app', false) as is_bot_account
    from users

    union all

    select
        'email:' || email as identity_id,
        email as identifier,
        false as is_bot_account
    from users
    where email is not null

    union all

    select
        'jira:' || lower(assignee_account_id) as identity_id,
        lower(assignee_account_id) as identifier,
        false as is_bot_account
    from issues
    where assignee_account_id is not null

    union all

    select
        'jira:' || lower(reporter_account_id) as identity_id,
        lower(reporter_account_id) as identifier,
        coalesce(reporter_account_type = 'app', false) as is_bot_account
    from issues
    where reporter_account_id is not null

),

final as (

    select
        identity_id,

        min(identifier) as identifier,

        {{ any_true('is_bot_account') }} as is_bot_account

    from seen
    group by identity_id

)

select * from final
