with

companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        companies.account_id,

        companies.account_name,
        companies.issue_keys,

        companies.created_at

    from companies
    cross join as_of
    where
        not companies.is_archived
        and coalesce(companies.created_at, as_of.as_of) <= as_of.as_of

)

select * from final
