with

kpi_period_scopes as (

    select * from {{ ref('stat_values') }}

),

periods as (

    select * from {{ ref('stat_periods') }}

),

targets as (

    select * from {{ ref('stg_planning__targets') }}

),

masked_texts as (

    select * from {{ ref('int_masked_texts') }}

),

in_force as (

    select
        kpi_period_scopes.kpi,
        kpi_period_scopes.period_id,
        kpi_period_scopes.scope_type,
        kpi_period_scopes.scope_id,
        targets.target,
        targets.owner,
        targets.from_on,
        row_number() over (
            partition by
                kpi_period_scopes.kpi,
                kpi_period_scopes.period_id,
                kpi_period_scopes.scope_type,
                kpi_period_scopes.scope_id
            order by targets.from_on desc, targets.target_id asc
        ) as target_recency
    from kpi_period_scopes
    inner join periods
        on kpi_period_scopes.period_id = periods.period_id
    inner join targets
        on
            kpi_period_scopes.kpi = targets.kpi
            and kpi_period_scopes.scope_type = targets.scope_type
            and (kpi_period_scopes.scope_id = targets.scope_id or kpi_period_scopes.scope_type = 'company')
            and periods.period_end_on >= targets.from_on

),

-- What people read names nobody.
shown as (

    select
        in_force.*,
        coalesce(masked_texts.masked_text, in_force.owner) as shown_owner
    from in_force
    left join masked_texts
        on in_force.owner = masked_texts.shown_text

),

final as (

    select
        kpi,
        period_id,
        scope_type,
        scope_id,

        shown_owner as target_owner,

        target,

        from_on as target_from_on

    from shown
    where target_recency = 1

)

select * from final
