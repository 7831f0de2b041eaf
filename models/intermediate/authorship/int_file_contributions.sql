with

live_files as (

    select * from {{ ref('int_live_source_files') }}
    where not is_behind_cut

),

month_ends as (

    select * from {{ ref('int_file_month_ends') }}

),

file_changes as (

    select * from {{ ref('int_file_changes') }}
    where gives_authorship

),

commit_authors as (

    select * from {{ ref('int_commit_authors') }}
    where not is_bot

),

file_months as (

    select
        file_id,
        month_end_on
    from live_files
    group by file_id, month_end_on

),

first_month as (

    select min(month_start_on) as first_month_on
    from month_ends

),

-- What happened before the first month that is shown is one bucket, so that sums stay short.
bucketed_changes as (

    select
        file_changes.file_id,
        file_changes.commit_id,
        file_changes.is_creation,
        greatest(file_changes.integrated_month_on, first_month.first_month_on) as month_start_on
    from file_changes
    cross join first_month

),

file_buckets as (

    select
        file_id,
        month_start_on,
        sum(case when is_creation then 0 else 1 end) as later_changes
    from bucketed_changes
    group by file_id, month_start_on

),

person_buckets as (

    select
        bucketed_changes.file_id,
        commit_authors.person_id,
        bucketed_changes.month_start_on,
        sum(case when bucketed_changes.is_creation then 0 else 1 end) as later_changes,
        sum(case when bucketed_changes.is_creation then 1 else 0 end) as creations
    from bucketed_changes
    inner join commit_authors
        on bucketed_changes.commit_id = commit_authors.commit_id
    group by bucketed_changes.file_id, commit_authors.person_id, bucketed_changes.month_start_on

),

file_totals as (

    select
        file_months.file_id,
        file_months.month_end_on,
        sum(file_buckets.later_changes) as later_changes
    from file_months
    inner join month_ends
        on file_months.month_end_on = month_ends.month_end_on
    inner join file_buckets
        on
            file_months.file_id = file_buckets.file_id
            and month_ends.month_start_on >= file_buckets.month_start_on
    group by file_months.file_id, file_months.month_end_on

),

person_totals as (

    select
        file_months.file_id,
        file_months.month_end_on,
        person_buckets.person_id,
        sum(person_buckets.later_changes) as later_changes,
        sum(person_buckets.creations) as creations
    from file_months
    inner join month_ends
        on file_months.month_end_on = month_ends.month_end_on
    inner join person_buckets
        on
            file_months.file_id = person_buckets.file_id
            and month_ends.month_start_on >= person_buckets.month_start_on
    group by file_months.file_id, file_months.month_end_on, person_buckets.person_id

),

final as (

    select
        person_totals.file_id || ':' || cast(person_totals.month_end_on as {{ raw_type('text') }})
        || ':' || person_totals.person_id as file_contribution_id,
        person_totals.file_id,
        person_totals.person_id,

        cast(person_totals.creations as bigint) as first_authorship,
        cast(person_totals.later_changes as bigint) as deliveries,
        cast(file_totals.later_changes - person_totals.later_changes as bigint) as acceptances,

        person_totals.month_end_on

    from person_totals
    inner join file_totals
        on
            person_totals.file_id = file_totals.file_id
            and person_totals.month_end_on = file_totals.month_end_on

)

select * from final
