-- For the company, month by month: the deals that completed work is linked to, each once, and their amount by currency.
with

work as (

    select
        work_id,
        {{ month_start(local_date('completed_at')) }} as month_on
    from {{ ref('kpi_outcome_linked_work') }}
    where
        is_counted
        and not is_immature

),

linked_deals as (

    select
        work.month_on,
        issue_outcomes.outcome_id
    from work
    inner join {{ ref('int_issue_outcomes') }} as issue_outcomes
        on work.work_id = issue_outcomes.issue_id
    where issue_outcomes.outcome_type = 'deal'
    group by
        work.month_on,
        issue_outcomes.outcome_id

),

expected as (

    select
        linked_deals.month_on,
        'linked_deals' as figure,
        '' as breakdown,
        count(*) as value -- noqa: RF04
    from linked_deals
    group by linked_deals.month_on

    union all

    select
        linked_deals.month_on,
        'linked_deal_amount' as figure,
        coalesce(deals.currency, 'no currency') as breakdown,
        sum(deals.amount) as value -- noqa: RF04
    from linked_deals
    inner join {{ ref('int_deals') }} as deals
        on linked_deals.outcome_id = deals.deal_id
    where deals.amount is not null
    group by
        linked_deals.month_on,
        coalesce(deals.currency, 'no currency')

),

shown as (

    select
        figure,
        coalesce(breakdown, '') as breakdown,
        period_start_on as month_on,
        value
    from {{ ref('scorecard_supporting_figures') }}
    where
        figure in ('linked_deals', 'linked_deal_amount')
        and scope_type = 'company'
        and period_grain = 'month'
        and value is not null

),

final as (

    select
        shown.month_on,
        shown.figure,
        shown.breakdown,
        shown.value,
        expected.value as expected_value
    from shown
    left join expected
        on
            shown.month_on = expected.month_on
            and shown.figure = expected.figure
            and shown.breakdown = expected.breakdown
    where abs(shown.value - coalesce(expected.value, 0)) > 1e-3

)

select * from final
