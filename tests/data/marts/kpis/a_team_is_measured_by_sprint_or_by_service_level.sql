-- A team with a sprint that was active before the headline has no row measured by service level.
with

sprint_teams as (

    select * from {{ ref('int_issue_sprint_teams') }}

),

service_level_rows as (

    select * from {{ ref('kpi_delivery_predictability') }}
    where measure = 'service_level'

)

select service_level_rows.*
from service_level_rows
inner join sprint_teams
    on coalesce(service_level_rows.team_id, 'no_team') = sprint_teams.team_key
