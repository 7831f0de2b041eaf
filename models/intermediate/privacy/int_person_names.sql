with

identities as (

    select * from {{ ref('int_identities') }}

),

bots as (

    select * from identities
    where is_bot

),

listed_people as (

    select * from {{ ref('stg_planning__people') }}

),

commits as (

    select * from {{ ref('stg_git__commits') }}

),

commit_co_authors as (

    select * from {{ ref('stg_git__commit_co_authors') }}

),

github_users as (

    select * from {{ ref('stg_github__users') }}

),

jira_users as (

    select * from {{ ref('stg_jira__users') }}

),

ordinary_words as (

    select * from {{ ref('ordinary_words') }}

),

-- What tools and sheets call people, with the identity that bears the name where there is one.
borne_names as (

    select
        cast(null as {{ raw_type('text') }}) as identity_id,
        person_name as name
    from listed_people

    union all

    select
        'email:' || author_email as identity_id,
        author_name as name
    from commits

    union all

    select
        'email:' || committer_email as identity_id,
        committer_name as name
    from commits

    union all

    select
        'email:' || co_author_email as identity_id,
        co_author_name as name
    from commit_co_authors

    union all

    select
        'github:' || login as identity_id,
        user_name as name
    from github_users

    union all

    select
        'jira:' || lower(account_id) as identity_id,
        display_name as name
    from jira_users

),

-- Accounts and addresses, and what stands before the @ of an address.
accounts as (

    select {{ first_match('identity_id', '^[^:]+:(.+)$') }} as name
    from identities
    where not is_bot

    union all

    select {{ first_match('identity_id', '^email:([^@]+)@.+$') }} as name
    from identities
    where not is_bot

),

whole_names as (

    select
        borne_names.name,
        true as has_parts
    from borne_names
    left join bots
        on borne_names.identity_id = bots.identity_id
    where bots.identity_id is null and borne_names.name is not null
    group by borne_names.name

    union all

    select
        name,
        false as has_parts
    from accounts
    where name is not null
    group by name

),

tokens as (

    {{ word_tokens('whole_names', 'name') }}

),

words as (

    select
        name,
        has_parts,
        lower(token) as word,
        row_number() over (partition by name, has_parts order by token_number) as word_number,
        count(*) over (partition by name, has_parts) as word_count
    from tokens
    where {{ matches('token', "'^[" ~ word_characters() ~ "]'") }}

),

-- A name's words in their order; and each word of a name alone, for people are called by one of them, too.
sequences as (

    select
        name || case when has_parts then ' (name)' else ' (account)' end as person_name_id,
        word,
        word_number,
        word_count
    from words

    union all

    select
        word || ' (part of a name)' as person_name_id,
        word,
        1 as word_number,
        1 as word_count
    from words
    where has_parts and word_count > 1
    group by word

),

-- One word that is also an ordinary one (Mark, Will, admin), a number or a letter or two names nobody.
final as (

    select
        sequences.person_name_id || ':' || cast(sequences.word_number as {{ raw_type('text') }}) as person_name_word_id,
        sequences.person_name_id,

        sequences.word,

        cast(sequences.word_number as bigint) as word_number,
        cast(sequences.word_count as bigint) as word_count

    from sequences
    left join ordinary_words
        on sequences.word = ordinary_words.word
    where
        sequences.word_count > 1
        or (
            ordinary_words.word is null
            and length(sequences.word) > 2
            and not {{ matches('sequences.word', "'^[0-9]+$'") }}
        )

)

select * from final
