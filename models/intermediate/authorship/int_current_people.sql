with

activity as (

    select * from {{ ref('int_person_activity') }}

),

month_ends as (

    select * from {{ ref('int_file_month_ends') }}

),

active_months as (

    select
        person_id,
        {{ month_start(local_date('active_at')) }} as month_start_on,
        max(active_at) as last_active_at
    from activity
    group by person_id, {{ month_start(local_date('active_at')) }}

),

last_activity as (

    select
        active_months.person_id,
        month_ends.month_end_on,
        month_ends.ends_at,
        max(active_months.last_active_at) as last_active_at
    from active_months
    inner join month_ends
        on active_months.month_start_on <= month_ends.month_start_on
    group by active_months.person_id, month_ends.month_end_on, month_ends.ends_at

),

final as (

    select
        person_id || ':' || cast(month_end_on as {{ raw_type('text') }}) as current_person_id,
        person_id,
        month_end_on,
        last_active_at
    from last_activity
    where last_active_at >= {{ add_seconds('ends_at', -86400 * var('active_days')) }}

)

select * from final
