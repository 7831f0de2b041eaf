-- No event after as_of is read.
with

as_of as (

    select * from {{ ref('int_as_of') }}

),

issues as (

    select * from {{ ref('int_issues') }}

)

select issues.*
from issues
cross join as_of
where
    issues.created_at > as_of.as_of
    or issues.started_at > as_of.as_of
    or issues.finished_at > as_of.as_of
    or issues.first_reopened_at > as_of.as_of
