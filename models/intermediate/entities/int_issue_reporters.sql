with

issues as (

    select * from {{ ref('int_issues_as_of') }}
    where reporter_account_id is not null

),

users as (

    {{ from_trackers('users', ['account_id', 'account_type', 'email']) }}

),

customer_reporters as (

    select * from {{ ref('customer_reporters') }}

),

reporters as (

    select
        issues.issue_id,
        issues.tool,
        lower(issues.reporter_account_id) as account_id,
        lower(coalesce(users.account_type, issues.reporter_account_type)) as account_type,
        -- Where the accounts were not exported, the issue itself may show the address.
        coalesce(users.email, issues.reporter_email) as email
    from issues
    left join users
        on
            issues.tool = users.tool
            and issues.reporter_account_id = users.account_id

),

outside as (

    select reporters.issue_id
    from reporters
    inner join customer_reporters
        on {{ dictionary_match(
            "case customer_reporters.field when 'account_type' then reporters.account_type when 'account_id' then reporters.account_id when 'email' then reporters.email end",
            'customer_reporters.marker', 'customer_reporters.match_kind'
        ) }}
    group by reporters.issue_id

),

final as (

    select
        reporters.issue_id,
        reporters.tool || ':' || reporters.account_id as identity_id,

        reporters.account_type,

        outside.issue_id is not null as is_customer

    from reporters
    left join outside
        on reporters.issue_id = outside.issue_id

)

select * from final
