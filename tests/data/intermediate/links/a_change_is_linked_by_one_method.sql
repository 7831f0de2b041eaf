-- Only the links of the best method present count.
with

links as (

    select * from {{ ref('int_pull_request_issues') }}

),

final as (

    select
        pull_request_id,
        min(link_method) as one_method,
        max(link_method) as other_method
    from links
    group by pull_request_id
    having min(link_method) <> max(link_method)

)

select * from final
