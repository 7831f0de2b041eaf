with

contributions as (

    select * from {{ ref('stat_supporting_contributions') }}

),

figures as (

    select * from {{ ref('supporting_figures') }}

),

kpi_period_months as (

    select * from {{ ref('stat_kpi_period_months') }}

),

methods as (

    select * from {{ ref('stat_predictability_methods') }}

),

scoped as (

    {{ by_scope('contributions') }}

),

-- Where delivery is measured by service level the sprints of old say nothing.
of_one_method as (

    select scoped.*
    from scoped
    left join methods
        on
            scoped.scope_type = methods.scope_type
            and scoped.scope_id = methods.scope_id
    where {{ is_of_one_method('scoped', 'methods', 'false') }}

),

summed_up as (

    select
        of_one_method.kpi,
        of_one_method.figure,
        kpi_period_months.period_id,
        of_one_method.scope_type,
        of_one_method.scope_id,
        of_one_method.breakdown,
        count(*) as n,
        {{ percentile('of_one_method.amount', 0.5) }} as median_amount,
        max(of_one_method.amount) as greatest_amount,
        -- Exact, so that the order of the rows does not matter.
        cast(
            sum(cast(of_one_method.amount as decimal(28, 6))) as {{ raw_type('double precision') }}
        ) as total_amount
    from of_one_method
    inner join kpi_period_months
        on
            of_one_method.kpi = kpi_period_months.kpi
            and of_one_method.month_on = kpi_period_months.month_on
    group by
        of_one_method.kpi,
        of_one_method.figure,
        kpi_period_months.period_id,
        of_one_method.scope_type,
        of_one_method.scope_id,
        of_one_method.breakdown

),

final as (

    select
        summed_up.figure,
        summed_up.period_id,
        summed_up.scope_type,
        summed_up.scope_id,

        summed_up.breakdown,

        summed_up.n,
        case figures.statistic
            when 'median' then summed_up.median_amount
            when 'greatest' then summed_up.greatest_amount
            when 'share' then {{ divide('summed_up.total_amount', 'summed_up.n') }}
            else summed_up.total_amount
        end as amount

    from summed_up
    inner join figures
        on summed_up.figure = figures.figure

)

select * from final
