{{ config(group='statistics') }}
with

observations as (

    select * from {{ ref('stat_observations') }}

),

open_observations as (

    select * from {{ ref('stat_open_observations') }}

),

methods as (

    select * from {{ ref('stat_predictability_methods') }}

),

kpi_period_months as (

    select * from {{ ref('stat_kpi_period_months') }}

),

periods as (

    select * from {{ ref('stat_periods') }}
    where is_shown

),

kpis as (

    select * from {{ ref('dim_kpis') }}

),

shown_months as (

    select
        kpi_period_months.kpi,
        kpi_period_months.month_on
    from kpi_period_months
    inner join periods
        on kpi_period_months.period_id = periods.period_id
    group by
        kpi_period_months.kpi,
        kpi_period_months.month_on

),

in_months as (

    select
        observation_id,
        kpi,
        month_on,
        role,
        cast(null as {{ raw_type('double precision') }}) as open_age_seconds
    from observations
    where role is not null

    union all

    select
        observation_id,
        kpi,
        last_month_on as month_on,
        'open' as role,
        open_age_seconds
    from open_observations

),

-- Where sprints count, service levels do not, and the other way round; a team may differ from the company.
scoped as (

    select
        observations.*,
        {{ is_of_one_method('observations', 'of_company', 'observations.is_service_level') }} as is_of_company,
        {{ is_of_one_method('observations', 'of_team', 'observations.is_service_level') }} as is_of_team,
        {{ is_of_one_method('observations', 'of_service', 'observations.is_service_level') }} as is_of_service
    from observations
    left join methods as of_company
        on
            of_company.scope_type = 'company'
            and of_company.scope_id = 'company'
    left join methods as of_team
        on
            of_team.scope_type = 'team'
            and coalesce(observations.team_id, 'no_team') = of_team.scope_id
    left join methods as of_service
        on
            of_service.scope_type = 'service'
            and coalesce(observations.service_id, 'no_service') = of_service.scope_id

),

final as (

    select
        (
            scoped.observation_id || ':' || in_months.role || ':' || cast(in_months.month_on as {{ dbt.type_string() }})
        ) as scorecard_observation_id,
        scoped.observation_id,
        scoped.kpi,
        kpis.accountability,
        scoped.subject_id,
        scoped.team_id,
        scoped.service_id,

        in_months.role,
        scoped.subject_type,
        scoped.subject_title,
        scoped.subject_url,
        scoped.verdict,
        scoped.method,
        scoped.excluded_because,

        scoped.duration_seconds,
        {{ divide('scoped.duration_seconds', 'kpis.seconds_per_unit') }} as duration_in_unit,
        in_months.open_age_seconds,

        scoped.is_inferred,
        scoped.is_doubtful,
        coalesce(scoped.is_of_company, false) as is_of_company,
        coalesce(scoped.is_of_team, false) as is_of_team,
        coalesce(scoped.is_of_service, false) as is_of_service,

        in_months.month_on,
        scoped.occurred_on,

        scoped.started_at,
        scoped.ended_at,
        scoped.occurred_at

    from in_months
    inner join shown_months
        on
            in_months.kpi = shown_months.kpi
            and in_months.month_on = shown_months.month_on
    inner join scoped
        on in_months.observation_id = scoped.observation_id
    inner join kpis
        on in_months.kpi = kpis.kpi
    where
        coalesce(scoped.is_of_company, false)
        or coalesce(scoped.is_of_team, false)
        or coalesce(scoped.is_of_service, false)

)

select * from final
