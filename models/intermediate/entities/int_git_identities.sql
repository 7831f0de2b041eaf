with

commits as (

    select * from {{ ref('stg_git__commits') }}

),

co_authors as (

    select * from {{ ref('stg_git__commit_co_authors') }}

),

seen as (

    select
        'email:' || author_email as identity_id,
        author_email as identifier,
        false as is_bot_account
    from commits
    where author_email is not null

    union all

    select
        'email:' || co_author_email as identity_id,
        co_author_email as identifier,
        false as is_bot_account
    from co_authors
    where co_author_email is not null

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
