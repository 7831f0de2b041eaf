{#- Two rounds reach from any account over an address to another tool's, and from there once more. -#}
{%- set rounds = 2 -%}
with

account_addresses as (

    select * from {{ ref('int_tool_account_addresses') }}

),

-- Who has an account at a code host is known by it, anybody else by an address: `1` sorts before `2`.
anchors_0 as (

    select
        account_identity_id,
        email_identity_id,
        case when is_code_host then '1:' || account_identity_id else '2:' || email_identity_id end as anchor
    from account_addresses

),

{% for round in range(1, rounds + 1) %}
    by_address_{{ round }} as (

        select
            account_identity_id,
            email_identity_id,
            min({{ code_point_order('anchor') }}) over (partition by email_identity_id) as anchor
        from anchors_{{ round - 1 }}

    ),

    anchors_{{ round }} as (

        select
            account_identity_id,
            email_identity_id,
            min({{ code_point_order('anchor') }}) over (partition by account_identity_id) as anchor
        from by_address_{{ round }}

    ),

{% endfor %}
anchored as (

    select
        account_identity_id as identity_id,
        anchor
    from anchors_{{ rounds }}

    union all

    select
        email_identity_id as identity_id,
        anchor
    from anchors_{{ rounds }}

),

final as (

    select
        identity_id,
        substring(min({{ code_point_order('anchor') }}), 3) as anchor_id
    from anchored
    group by identity_id

)

select * from final
