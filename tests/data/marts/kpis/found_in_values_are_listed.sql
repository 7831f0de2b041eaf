{{ config(severity='warn') }}
-- A found-in value that the dictionary does not know decides nothing: list it in seeds/dictionaries/found_in_values.csv.
select
    found_in,
    count(*) as defect_count
from {{ ref('kpi_defect_escape') }}
where
    found_in is not null
    and stage is null
group by found_in
