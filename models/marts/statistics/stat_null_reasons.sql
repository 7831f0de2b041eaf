with

measures as (

    select * from {{ ref('stat_measures') }}

),

coverage as (

    select * from {{ ref('stat_coverage') }}

),

roadmap_baselines as (

    select * from {{ ref('stat_roadmap_baselines') }}

),

final as (

    select
        measures.kpi,
        measures.period_id,
        measures.scope_type,
        measures.scope_id,

        case
            when not coalesce(coverage.is_loaded, false) then 'source_not_loaded'
            when not coverage.is_covering then 'source_not_covering'
            when not coalesce(roadmap_baselines.has_baseline, true) then 'no_baseline'
            when measures.n = 0 and measures.unknown_count = 0 and measures.immature_count > 0 then 'immature'
            when
                measures.kpi = 'defect_escape'
                and measures.no_count < {{ var('defect_escape_min_pre_release') | int }} then 'below_min_n'
            when measures.n = 0 and measures.unknown_count > 0 then 'all_unknown'
            when measures.n = 0 and measures.open_count > 0 then 'none_finished'
            when measures.n = 0 then 'no_events'
        end as null_reason,
        coverage.missing_sources,
        coverage.short_sources,
        coverage.stale_sources,
        roadmap_baselines.missing_quarters,

        coalesce(coverage.is_stale, false) as is_stale

    from measures
    left join coverage
        on
            measures.kpi = coverage.kpi
            and measures.period_id = coverage.period_id
    left join roadmap_baselines
        on
            measures.kpi = roadmap_baselines.kpi
            and measures.period_id = roadmap_baselines.period_id

)

select * from final
