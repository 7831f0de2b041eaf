with

supporting_figures as (

    select * from {{ ref('supporting_figures') }}

),

final as (

    select
        figure,
        kpi,

        figure_name,
        definition,
        unit,
        statistic,
        broken_down_by,

        figure_number

    from supporting_figures

)

select * from final
