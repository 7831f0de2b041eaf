{{ config(group='statistics') }}
{%- set number_history -%}
    over (
        partition by kpi, period_grain, period_start_on, scope_type, scope_id
        order by is_this_build, published_at, publication_id
    )
{%- endset %}

with

published_numbers as (

    select * from {{ ref('stg_meta__publications') }}

),

scorecard as (

    select * from {{ ref('scorecard') }}

),

kpis as (

    select * from {{ ref('dim_kpis') }}

),

late_sources as (

    select * from {{ ref('stat_late_sources') }}

),

-- What was published, and after it what this build says.
versions as (

    select
        publication_id,
        kpi,
        period_grain,
        scope_type,
        scope_id,
        value,
        n,
        definition_version,
        period_start_on,
        published_at,
        0 as is_this_build
    from published_numbers

    union all

    select
        'not published' as publication_id,
        kpi,
        period_grain,
        scope_type,
        scope_id,
        value,
        n,
        definition_version,
        period_start_on,
        cast(null as timestamp) as published_at,
        1 as is_this_build
    from scorecard

),

compared as (

    select
        versions.*,
        lag(value) {{ number_history }} as previous_value,
        lag(n) {{ number_history }} as previous_n,
        lag(definition_version) {{ number_history }} as previous_definition_version,
        row_number() {{ number_history }} as version_number
    from versions

),

-- What the page rounds away restates nothing: a tenth of a per cent or of a unit is what it shows.
judged as (

    select
        compared.*,
        kpis.unit,
        case
            when compared.version_number = 1 then 'first'
            when compared.value is null and compared.previous_value is null then null
            when compared.value is null then 'withdrawn'
            when compared.previous_value is null then 'became_known'
            when
                abs(compared.value - compared.previous_value)
                >= case when kpis.unit = 'share' then 0.0005e0 else 0.05e0 end
                then 'restated'
        end as event
    from compared
    inner join kpis
        on compared.kpi = kpis.kpi

),

final as (

    select
        judged.publication_id || ':' || judged.kpi || ':' || judged.period_grain
        || ':' || cast(judged.period_start_on as {{ raw_type('text') }})
        || ':' || judged.scope_type || ':' || judged.scope_id as scorecard_history_id,
        judged.publication_id,
        judged.kpi,
        judged.period_grain,
        judged.scope_type,
        judged.scope_id,

        judged.event,
        case
            when judged.event = 'first' then null
            when judged.definition_version <> judged.previous_definition_version then 'definition'
            when late_sources.late_sources is not null then 'late_data'
            else 'settings'
        end as restated_because,
        late_sources.late_sources,
        judged.unit,

        judged.value,
        judged.previous_value,
        judged.value - judged.previous_value as change,
        judged.n,
        judged.previous_n,
        judged.definition_version,

        judged.is_this_build = 1 as is_this_build,

        judged.period_start_on,

        judged.published_at

    from judged
    left join late_sources
        on
            judged.publication_id = late_sources.publication_id
            and judged.kpi = late_sources.kpi
            and judged.event <> 'first'
    where judged.event is not null

)

select * from final
