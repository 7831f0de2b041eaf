with

source as (

    select * from {{ source('raw_jira', 'sprints') }}

),

final as (

    select
        'jira:' || cast(id as {{ raw_type('text') }}) as sprint_id,

        name as sprint_name,
        state as sprint_state,

        {{ parse_instant('start_date') }} as planned_start_at,
        {{ parse_instant('activated_date') }} as activated_at,
        {{ parse_instant('end_date') }} as planned_end_at,
        {{ parse_instant('complete_date') }} as completed_at

    from source

)

select * from final
