with

source as (

    select * from {{ source('raw_planning', 'outcome_links') }}

),

final as (

    select
        issue_key || ':' || outcome_type || ':' || outcome_id as outcome_link_id,
        upper(issue_key) as issue_key,
        outcome_id,

        lower(outcome_type) as outcome_type,

        {{ parse_local_instant('linked_at') }} as linked_at

    from source

)

select * from final
