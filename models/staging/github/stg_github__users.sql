with

source as (

    select * from {{ source('raw_github', 'users') }}

),

final as (

    select
        'github:' || cast(id as {{ raw_type('text') }}) as account_id,
        'github:' || lower(login) as identity_id,

        lower(login) as login,
        type as account_type,
        name as user_name,
        lower(email) as email

    from source

)

select * from final
