{#- Adding a tool is one line. -#}
{%- set tools = [
    'int_github_deployment_jobs',
] -%}
with

united as (

    {{ union_models(tools, [
        'deployment_job_id',
        'repository',
        'sha',
        'native_id',
        'environment',
        'url',
        'created_at',
        'in_progress_at',
        'succeeded_at',
    ]) }}

),

final as (

    select * from united

)

select * from final
