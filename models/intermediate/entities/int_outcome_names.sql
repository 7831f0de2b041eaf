with

outcomes as (

    select * from {{ ref('int_outcomes') }}

),

named as (

    select
        outcome_type,
        outcome_id,
        lower(outcome_id) as known_as,
        true as is_identifier
    from outcomes

    union all

    select
        outcome_type,
        outcome_id,
        lower(native_id) as known_as,
        true as is_identifier
    from outcomes

    union all

    select
        outcome_type,
        outcome_id,
        lower(trim(outcome_name)) as known_as,
        false as is_identifier
    from outcomes
    where trim(outcome_name) <> ''

),

final as (

    select
        outcome_type || ':' || outcome_id || '=' || known_as as outcome_name_id,
        outcome_id,

        outcome_type,
        known_as,

        {{ any_true('is_identifier') }} as is_identifier

    from named
    group by outcome_type, outcome_id, known_as

)

select * from final
