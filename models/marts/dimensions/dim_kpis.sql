with

kpis as (

    select * from {{ ref('kpis') }}

),

final as (

    select
        kpi,
        accountability,

        accountability_name,
        question,
        kpi_name,
        counted_thing,
        noun_singular,
        noun_plural,
        definition,
        statistic,
        unit,
        better,
        base_grain,
        headline_grain,

        kpi_number,
        seconds_per_unit,
        definition_version

    from kpis

)

select * from final
