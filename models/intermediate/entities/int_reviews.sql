with

reviews as (

    select * from {{ ref('int_tool_reviews') }}

),

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

),

identities as (

    select * from {{ ref('int_identities') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        reviews.review_id,
        pull_requests.pull_request_id,
        identities.person_id,

        reviews.review_state,

        coalesce(identities.is_bot, false) as is_bot,

        reviews.submitted_at

    from reviews
    cross join as_of
    left join pull_requests
        on
            reviews.repository = pull_requests.repository
            and reviews.pull_number = pull_requests.pull_number
    left join identities
        on reviews.reviewer_identity_id = identities.identity_id
    where reviews.submitted_at <= as_of.as_of

)

select * from final
