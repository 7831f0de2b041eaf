with

publications as (

    select * from {{ ref('stg_meta__publications') }}

),

ordered as (

    select
        publications.*,
        period_grain || ':' || cast(period_start_on as {{ dbt.type_string() }}) as period_id,
        row_number() over (
            partition by kpi, period_grain, period_start_on, scope_type, scope_id
            order by published_at, publication_id
        ) as publication_rank
    from publications

),

final as (

    select
        kpi,
        period_id,
        scope_type,
        scope_id,

        value as first_published_value,
        definition_version as first_published_definition_version,

        published_at as first_published_at

    from ordered
    where publication_rank = 1

)

select * from final
