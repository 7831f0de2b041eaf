with

live_files as (

    select * from {{ ref('int_live_source_files') }}

),

authorships as (

    select * from {{ ref('int_file_authorships') }}

),

creations as (

    select
        file_changes.file_id,
        commits.integrated_at
    from {{ ref('int_file_changes') }} as file_changes
    inner join {{ ref('int_commits') }} as commits
        on file_changes.commit_id = commits.commit_id
    where file_changes.change_number = 1

),

services as (

    select * from {{ ref('int_services') }}

),

people as (

    select * from {{ ref('int_people') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

month_ends as (

    select * from {{ ref('int_file_month_ends') }}

),

truck_factors as (

    select * from {{ ref('int_service_truck_factors') }}

),

absence_factors as (

    select * from {{ ref('int_service_contributor_absence_factors') }}

),

authors as (

    select
        file_id,
        month_end_on,
        count(*) as contributor_count,
        sum(case when is_author then 1 else 0 end) as author_count,
        sum(case when is_author and is_current then 1 else 0 end) as current_author_count,
        min(case when is_author and is_current then person_id end) as first_current_author_id
    from authorships
    group by file_id, month_end_on

),

-- A path that names a person is shown without the name, and its keys without the path.
shown_files as (

    select
        live_files.*,
        coalesce(masked_paths.masked_text, live_files.path) as shown_path,
        case when masked_paths.shown_text is null then live_files.url end as shown_url,
        case
            when masked_files.shown_text is null then live_files.file_id
            else 'git:' || live_files.repository || ':' || masked_files.text_key
        end as shown_file_id,
        case
            when masked_paths.shown_text is null then live_files.live_source_file_id
            else
                'git:' || live_files.repository || ':' || masked_paths.text_key || ':'
                || cast(live_files.month_end_on as {{ raw_type('text') }})
        end as shown_live_source_file_id
    from live_files
    left join masked_texts as masked_paths
        on live_files.path = masked_paths.shown_text
    left join masked_texts as masked_files
        on live_files.file_id = masked_files.shown_text

),

final as (

    select
        'key_person_concentration:' || shown_files.shown_live_source_file_id as observation_id,
        shown_files.shown_file_id as file_id,
        shown_files.repository,
        services.team_id,
        shown_files.service_id,

        shown_files.shown_path as path,
        shown_files.shown_url as url,
        shown_files.language,
        -- A count of none is a file that nobody here keeps; no count at all is one whose authors cannot be known.
        case
            when authors.author_count is null then 'unknown'
            when authors.current_author_count <= 1 then 'yes'
            else 'no'
        end as verdict,
        case
            when shown_files.is_behind_cut then 'history_cut_off'
            when authors.author_count is null then 'no_person_authored'
        end as unknown_because,
        shown_files.excluded_because,
        people.person_key as only_current_author_key,

        cast(authors.contributor_count as bigint) as contributor_count,
        cast(authors.author_count as bigint) as author_count,
        cast(authors.current_author_count as bigint) as current_author_count,
        {{ seconds_between('creations.integrated_at', 'month_ends.ends_at') }} / 86400 as age_days,
        truck_factors.truck_factor as service_truck_factor,
        absence_factors.contributor_absence_factor as service_contributor_absence_factor,

        shown_files.excluded_because is null as is_counted,

        shown_files.month_end_on,

        creations.integrated_at as created_at,
        month_ends.ends_at as month_ends_at

    from shown_files
    inner join month_ends
        on shown_files.month_end_on = month_ends.month_end_on
    left join authors
        on
            shown_files.file_id = authors.file_id
            and shown_files.month_end_on = authors.month_end_on
    left join people
        on
            authors.first_current_author_id = people.person_id
            and authors.current_author_count = 1
    left join creations
        on shown_files.file_id = creations.file_id
    left join services
        on shown_files.service_id = services.service_id
    left join truck_factors
        on
            shown_files.service_id = truck_factors.service_id
            and shown_files.month_end_on = truck_factors.month_end_on
    left join absence_factors
        on
            shown_files.service_id = absence_factors.service_id
            and shown_files.month_end_on = absence_factors.month_end_on

)

select * from final
