-- An item that is in two sprints is a row in each, and one row in one.
select
    sprint_id,
    issue_id,
    count(*) as row_count
from {{ ref('kpi_delivery_predictability') }}
where measure = 'sprint'
group by sprint_id, issue_id
having count(*) > 1
