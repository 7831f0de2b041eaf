with

source as (

    select * from {{ source('raw_github', 'users') }}

),

final as (

    select
        'github:' || cast(id as {{ raw_type('text') }}) as account_id,

        lower(login) as login,
        type as account_type,
        lower(email) as email

    from source

)

select * from final
