{#- Adding a tool is one line. -#}
{%- set tools = [
    'int_github_account_addresses',
    'int_jira_account_addresses',
] -%}
with

united as (

    {{ union_models(tools, [
        'account_identity_id',
        'email_identity_id',
        'is_code_host',
    ]) }}

),

final as (

    select * from united

)

select * from final
