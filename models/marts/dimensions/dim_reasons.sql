with

reasons as (

    select * from {{ ref('reasons') }}

),

kpis as (

    select * from {{ ref('kpis') }}

),

-- A reason that names no KPI means the same for all of them.
final as (

    select
        kpis.kpi || ':' || reasons.kind || ':' || reasons.reason as reason_id,
        kpis.kpi,

        reasons.kind,
        reasons.reason,
        reasons.wording,
        reasons.remedy

    from reasons
    inner join kpis
        on coalesce(reasons.kpi, kpis.kpi) = kpis.kpi

)

select * from final
