with

reviews as (

    select * from {{ ref('int_reviews') }}

),

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

),

-- By another person, between ready and merge; what the author or a bot says is no pick-up.
final as (

    select
        pull_requests.pull_request_id,
        min(reviews.submitted_at) as first_review_at
    from pull_requests
    inner join reviews
        on pull_requests.pull_request_id = reviews.pull_request_id
    where
        not reviews.is_bot
        and coalesce(reviews.person_id, '') <> coalesce(pull_requests.author_person_id, '')
        and reviews.submitted_at >= pull_requests.ready_at
        and reviews.submitted_at <= pull_requests.merged_at
    group by pull_requests.pull_request_id

)

select * from final
