with

users as (

    select * from {{ ref('stg_github__users') }}

),

pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}

),

pull_request_commits as (

    select * from {{ ref('stg_github__pull_request_commits') }}

),

reviews as (

    select * from {{ ref('stg_github__reviews') }}

),

seen as (

    select
        identity_id,
        login as identifier,
        coalesce(account_type = 'Bot', false) as is_bot_account
    from users

    union all

    select
        author_identity_id as identity_id,
        author_login as identifier,
        coalesce(author_type = 'Bot', false) as is_bot_account
    from pull_requests
    where author_identity_id is not null

    union all

    select
        author_identity_id as identity_id,
        author_login as identifier,
        coalesce(author_type = 'Bot', false) as is_bot_account
    from pull_request_commits
    where author_identity_id is not null

    union all

    select
        'email:' || author_email as identity_id,
        author_email as identifier,
        false as is_bot_account
    from pull_request_commits
    where author_email is not null

    union all

    select
        reviewer_identity_id as identity_id,
        reviewer_login as identifier,
        coalesce(reviewer_type = 'Bot', false) as is_bot_account
    from reviews
    where reviewer_identity_id is not null

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
