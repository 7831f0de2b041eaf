with

commits as (

    select * from {{ ref('stg_git__commits') }}

),

commit_co_authors as (

    select * from {{ ref('stg_git__commit_co_authors') }}

),

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

jira_users as (

    select * from {{ ref('stg_jira__users') }}

),

jira_issues as (

    select * from {{ ref('stg_jira__issues') }}

),

people as (

    select * from {{ ref('stg_planning__people') }}

),

listed_identities as (

    select * from {{ ref('stg_planning__identities') }}

),

bots as (

    select * from {{ ref('bots') }}

),

-- Every address and account that any tool names, with what the tool says of its kind.
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
    from commit_co_authors
    where co_author_email is not null

    union all

    select
        'email:' || author_email as identity_id,
        author_email as identifier,
        false as is_bot_account
    from pull_request_commits
    where author_email is not null

    union all

    select
        'github:' || author_login as identity_id,
        author_login as identifier,
        coalesce(author_type = 'Bot', false) as is_bot_account
    from pull_request_commits
    where author_login is not null

    union all

    select
        'github:' || login as identity_id,
        login as identifier,
        coalesce(account_type = 'Bot', false) as is_bot_account
    from users

    union all

    select
        'github:' || author_login as identity_id,
        author_login as identifier,
        coalesce(author_type = 'Bot', false) as is_bot_account
    from pull_requests
    where author_login is not null

    union all

    select
        'github:' || reviewer_login as identity_id,
        reviewer_login as identifier,
        coalesce(reviewer_type = 'Bot', false) as is_bot_account
    from reviews
    where reviewer_login is not null

    union all

    select
        'jira:' || lower(account_id) as identity_id,
        lower(account_id) as identifier,
        coalesce(account_type = 'app', false) as is_bot_account
    from jira_users

    union all

    select
        'email:' || email as identity_id,
        email as identifier,
        false as is_bot_account
    from jira_users
    where email is not null

    union all

    select
        'jira:' || lower(assignee_account_id) as identity_id,
        lower(assignee_account_id) as identifier,
        false as is_bot_account
    from jira_issues
    where assignee_account_id is not null

    union all

    select
        'jira:' || lower(reporter_account_id) as identity_id,
        lower(reporter_account_id) as identifier,
        coalesce(reporter_account_type = 'app', false) as is_bot_account
    from jira_issues
    where reporter_account_id is not null

    union all

    select
        'email:' || email as identity_id,
        email as identifier,
        false as is_bot_account
    from people
    where email is not null

    union all

    select
        case when {{ dbt.position("'@'", 'identifier') }} > 0 then 'email:' else tool || ':' end
        || identifier as identity_id,
        identifier,
        false as is_bot_account
    from listed_identities

),

identities as (

    select
        identity_id,
        min(identifier) as identifier,
        {{ any_true('is_bot_account') }} as is_bot_account
    from seen
    group by identity_id

),

-- GitHub's own no-reply addresses carry the login.
no_reply_logins as (

    select
        identity_id,
        {{ first_match('identifier', '^(?:[0-9]+[+])?([^@+]+)@users[.]noreply[.]github[.]com$') }} as login
    from identities
    where identifier like '%@users.noreply.github.com'

),

-- GitHub says which account an address belongs to; an address that two accounts claim says nothing.
committed_logins as (

    select
        'email:' || author_email as identity_id,
        min(author_login) as login
    from pull_request_commits
    where author_email is not null and author_login is not null
    group by author_email
    having count(distinct author_login) = 1

),

profile_logins as (

    select
        'email:' || email as identity_id,
        min(login) as login
    from users
    where email is not null
    group by email
    having count(distinct login) = 1

),

-- Jira says which address an account has; an app's address is no person's.
account_emails as (

    select
        'jira:' || lower(account_id) as identity_id,
        min('email:' || email) as email_identity_id
    from jira_users
    where
        email is not null
        and coalesce(account_type, '') <> 'app'
    group by lower(account_id)

),

login_anchored as (

    select
        identities.identity_id,
        identities.identifier,
        identities.is_bot_account,
        coalesce(
            'github:' || coalesce(no_reply_logins.login, committed_logins.login, profile_logins.login),
            identities.identity_id
        ) as anchor_id
    from identities
    left join no_reply_logins
        on identities.identity_id = no_reply_logins.identity_id
    left join committed_logins
        on identities.identity_id = committed_logins.identity_id
    left join profile_logins
        on identities.identity_id = profile_logins.identity_id

),

anchored as (

    select
        login_anchored.identity_id,
        login_anchored.identifier,
        login_anchored.is_bot_account,
        coalesce(email_anchors.anchor_id, login_anchored.anchor_id) as anchor_id
    from login_anchored
    left join account_emails
        on login_anchored.identity_id = account_emails.identity_id
    left join login_anchored as email_anchors
        on account_emails.email_identity_id = email_anchors.identity_id

),

listed as (

    select
        identity_id,
        min(person_id) as person_id
    from (
        select
            'email:' || email as identity_id,
            person_id
        from people
        where email is not null

        union all

        select
            case when {{ dbt.position("'@'", 'identifier') }} > 0 then 'email:' else tool || ':' end
            || identifier as identity_id,
            person_id
        from listed_identities
    ) as listings
    group by identity_id

),

anchor_people as (

    select
        anchored.anchor_id,
        min(listed.person_id) as person_id
    from anchored
    inner join listed
        on anchored.identity_id = listed.identity_id
    group by anchored.anchor_id

),

bot_anchors as (

    select
        anchored.anchor_id,
        {{ any_true("
            anchored.is_bot_account
            or anchored.identifier like '%[bot]'
            or anchored.identifier like '%[bot]@%'
            or bots.identifier is not null
        ") }} as is_bot
    from anchored
    left join bots
        on
            anchored.identifier = bots.identifier
            or anchored.anchor_id = 'github:' || bots.identifier
    group by anchored.anchor_id

),

final as (

    select
        anchored.identity_id,
        coalesce(listed.person_id, anchor_people.person_id, anchored.anchor_id) as person_id,

        coalesce(listed.person_id, anchor_people.person_id) is not null as is_listed,
        bot_anchors.is_bot

    from anchored
    inner join bot_anchors
        on anchored.anchor_id = bot_anchors.anchor_id
    left join anchor_people
        on anchored.anchor_id = anchor_people.anchor_id
    left join listed
        on anchored.identity_id = listed.identity_id

)

select * from final
