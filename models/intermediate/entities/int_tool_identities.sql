{#- Adding a tool is one line. -#}
{%- set tools = [
    'int_git_identities',
    'int_github_identities',
    'int_jira_identities',
    'int_planning_identities',
] -%}
with

united as (

    {{ union_models(tools, [
        'identity_id',
        'identifier',
        'is_bot_account',
    ]) }}

),

final as (

    select
        identity_id,

        min(identifier) as identifier,

        {{ any_true('is_bot_account') }} as is_bot_account

    from united
    group by identity_id

)

select * from final
