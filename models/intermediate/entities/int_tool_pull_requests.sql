{#- Adding a tool is one line. -#}
{%- set tools = [
    'stg_github__pull_requests',
] -%}
with

united as (

    {{ union_models(tools, [
        'pull_request_id',
        'repository',
        'head_repository',
        'author_identity_id',
        'merge_commit_sha',
        'title',
        'body',
        'url',
        'file_url_prefix',
        'base_branch',
        'default_branch',
        'head_branch',
        'pull_number',
        'opened_at',
        'ready_for_review_at',
        'merged_at',
    ]) }}

),

final as (

    select * from united

)

select * from final
