{{ config(severity='warn') }}
-- A severity that the dictionary does not know is taken for not severe: list it in seeds/dictionaries/severities.csv.
select
    defects.severity,
    count(*) as defect_count
from {{ ref('kpi_defect_escape') }} as defects
left join {{ ref('severities') }} as severities
    on
        lower(defects.severity) = severities.severity
        and severities.field = 'severity'
where
    defects.severity is not null
    and severities.severity is null
group by defects.severity
