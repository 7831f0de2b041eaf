with

commits as (

    select * from {{ ref('int_commits') }}

),

co_authors as (

    select * from {{ ref('stg_git__commit_co_authors') }}

),

identities as (

    select * from {{ ref('int_identities') }}

),

-- A commit without an address still has a person behind it: the name then stands for one.
named as (

    select
        commit_id,
        coalesce('email:' || author_email, 'name:' || lower(trim(author_name))) as identity_id,
        true as is_author
    from commits

    union all

    select
        commit_id,
        'email:' || co_author_email as identity_id,
        false as is_author
    from co_authors
    -- A name alone, as somebody typed it, could be anybody.
    where co_author_email is not null

),

identified as (

    select
        named.commit_id,
        coalesce(identities.person_id, named.identity_id) as person_id,
        named.is_author,
        coalesce(identities.is_bot, named.identity_id like '%[bot]') as is_bot
    from named
    left join identities
        on named.identity_id = identities.identity_id
    where named.identity_id is not null

),

final as (

    select
        commit_id || ':' || person_id as commit_author_id,
        commit_id,
        person_id,

        {{ any_true('is_author') }} as is_author,
        {{ any_true('is_bot') }} as is_bot

    from identified
    group by commit_id, person_id

)

select * from final
