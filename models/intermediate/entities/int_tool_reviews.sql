{#- Adding a tool is one line. -#}
{%- set tools = [
    'stg_github__reviews',
] -%}
with

united as (

    {{ union_models(tools, [
        'review_id',
        'repository',
        'reviewer_identity_id',
        'review_state',
        'pull_number',
        'submitted_at',
    ]) }}

),

final as (

    select * from united

)

select * from final
