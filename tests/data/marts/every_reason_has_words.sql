-- Whatever is left out, judged or missing can be told in words.
with

observations as (

    select * from {{ ref('scorecard_observations') }}

),

scorecard as (

    select * from {{ ref('scorecard') }}

),

reasons as (

    select * from {{ ref('dim_reasons') }}

),

keys as (

    select
        kpi,
        'left_out' as kind,
        excluded_because as reason
    from observations
    where excluded_because is not null

    union

    select
        kpi,
        'decided_by' as kind,
        method as reason
    from observations
    where
        role = 'counted'
        and method is not null

    union

    select
        kpi,
        'immature' as kind,
        'immature' as reason
    from observations
    where role = 'immature'

    union

    select
        kpi,
        'no_number' as kind,
        null_reason as reason
    from scorecard
    where null_reason is not null

),

final as (

    select keys.*
    from keys
    left join reasons
        on
            keys.kpi = reasons.kpi
            and keys.kind = reasons.kind
            and keys.reason = reasons.reason
    where reasons.reason_id is null

)

select * from final
