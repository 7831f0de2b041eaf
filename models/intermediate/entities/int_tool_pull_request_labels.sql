{#- Adding a tool is one line. -#}
{%- set tools = [
    'stg_github__pull_request_labels',
] -%}
with

united as (

    {{ union_models(tools, [
        'pull_request_label_id',
        'pull_request_id',
        'label',
    ]) }}

),

final as (

    select * from united

)

select * from final
