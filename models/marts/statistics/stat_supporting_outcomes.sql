{%- set double = raw_type('double precision') -%}
{%- set scope_columns = 'period_id, scope_type, scope_id' -%}
with

completed_work as (

    select
        *,
        {{ month_start('occurred_on') }} as month_on
    from {{ ref('fct_roadmap_alignment') }}
    where
        kpi = 'outcome_linked_work'
        and is_counted
        and not is_immature

),

issue_outcomes as (

    select * from {{ ref('int_issue_outcomes') }}

),

deals as (

    select * from {{ ref('int_deals') }}

),

kpi_period_months as (

    select * from {{ ref('stat_kpi_period_months') }}
    where kpi = 'outcome_linked_work'

),

scoped as (

    {{ by_scope('completed_work') }}

),

pooled as (

    select
        kpi_period_months.period_id,
        scoped.scope_type,
        scoped.scope_id,
        scoped.subject_id
    from scoped
    inner join kpi_period_months
        on scoped.month_on = kpi_period_months.month_on

),

all_work as (

    select
        {{ scope_columns }},
        count(*) as work_count
    from pooled
    group by {{ scope_columns }}

),

-- Each outcome once a period and scope, however much work is linked to it.
outcomes as (

    select
        pooled.period_id,
        pooled.scope_type,
        pooled.scope_id,
        issue_outcomes.outcome_type,
        issue_outcomes.outcome_id,
        count(*) as work_count
    from pooled
    inner join issue_outcomes
        on pooled.subject_id = issue_outcomes.issue_id
    group by
        pooled.period_id,
        pooled.scope_type,
        pooled.scope_id,
        issue_outcomes.outcome_type,
        issue_outcomes.outcome_id

),

largest_outcomes as (

    select
        {{ scope_columns }},
        max(work_count) as work_count,
        count(case when outcome_type = 'deal' then 1 end) as deal_count
    from outcomes
    group by {{ scope_columns }}

),

amounts as (

    select
        outcomes.period_id,
        outcomes.scope_type,
        outcomes.scope_id,
        coalesce(deals.currency, 'no currency') as currency,
        count(*) as deal_count,
        cast(sum(cast(deals.amount as decimal(28, 6))) as {{ double }}) as amount
    from outcomes
    inner join deals
        on outcomes.outcome_id = deals.deal_id
    where
        outcomes.outcome_type = 'deal'
        and deals.amount is not null
    group by
        outcomes.period_id,
        outcomes.scope_type,
        outcomes.scope_id,
        coalesce(deals.currency, 'no currency')

),

final as (

    {% for figure, count_column, amount in [
        ('largest_outcome_share', 'all_work.work_count',
            divide('coalesce(largest_outcomes.work_count, 0)', 'all_work.work_count')),
        ('linked_deals', 'all_work.work_count', 'cast(coalesce(largest_outcomes.deal_count, 0) as ' ~ double ~ ')'),
    ] %}
        select
            '{{ figure }}' as figure,
            all_work.period_id,
            all_work.scope_type,
            all_work.scope_id,
            cast(null as {{ raw_type('text') }}) as breakdown,
            {{ count_column }} as n,
            {{ amount }} as amount
        from all_work
        left join largest_outcomes
            on
                all_work.period_id = largest_outcomes.period_id
                and all_work.scope_type = largest_outcomes.scope_type
                and all_work.scope_id = largest_outcomes.scope_id

        union all

    {% endfor %}

    select
        'linked_deal_amount' as figure,
        period_id,
        scope_type,
        scope_id,
        currency as breakdown,
        deal_count as n,
        amount
    from amounts

)

select * from final
