with

source as (

    select * from {{ source('raw_jira', 'users') }}

),

final as (

    select
        account_id,

        account_type,
        display_name,
        nullif(lower(email_address), '') as email

    from source

)

select * from final
