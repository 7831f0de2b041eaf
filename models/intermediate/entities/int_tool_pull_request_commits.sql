{#- Adding a tool is one line. -#}
{%- set tools = [
    'stg_github__pull_request_commits',
] -%}
with

united as (

    {{ union_models(tools, [
        'pull_request_commit_id',
        'repository',
        'sha',
        'author_identity_id',
        'author_email',
        'message',
        'pull_number',
        'parent_count',
        'authored_at',
    ]) }}

),

final as (

    select * from united

)

select * from final
