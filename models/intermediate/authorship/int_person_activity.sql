with

commits as (

    select * from {{ ref('int_commits') }}

),

commit_authors as (

    select * from {{ ref('int_commit_authors') }}
    where not is_bot

),

reviews as (

    select * from {{ ref('int_reviews') }}
    where not is_bot and person_id is not null and submitted_at is not null

),

final as (

    select
        'commit:' || commit_authors.commit_author_id as person_activity_id,
        commit_authors.person_id,
        'commit' as activity,
        commits.committed_at as active_at
    from commit_authors
    inner join commits
        on commit_authors.commit_id = commits.commit_id
    where commits.committed_at is not null

    union all

    select
        'review:' || review_id as person_activity_id,
        person_id,
        'review' as activity,
        submitted_at as active_at
    from reviews

)

select * from final
