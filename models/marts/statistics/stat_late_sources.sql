with

publications as (

    select
        publication_id,
        published_at,
        'all' as line
    from {{ ref('stat_publications') }}

),

kpi_sources as (

    select * from {{ ref('kpi_sources') }}

),

source_roles as (

    select * from {{ ref('source_roles') }}

),

loads as (

    select * from {{ ref('stg_meta__loads') }}
    where rows_new + rows_updated > 0

),

landings as (

    select
        load_id,
        tool || '.' || object as source_object,
        landed_at,
        'all' as line
    from loads

),

-- A landing first showed in the next publication after it; one that no publication has shown yet, in the present build.
next_publications as (

    {{ as_of_lookup(
        left='landings', left_key='load_id', left_order='landed_at',
        right='publications', right_order='published_at', partition_by='line', direction='next'
    ) }}

),

needed_by as (

    select
        kpi_sources.kpi,
        source_roles.tool || '.' || source_roles.object as source_object
    from kpi_sources
    inner join source_roles
        on kpi_sources.role = source_roles.role
    group by
        kpi_sources.kpi,
        source_roles.tool || '.' || source_roles.object

),

shown as (

    select
        needed_by.kpi,
        coalesce(publications.publication_id, 'not published') as publication_id,
        landings.source_object
    from landings
    inner join needed_by
        on landings.source_object = needed_by.source_object
    left join next_publications
        on landings.load_id = next_publications.load_id
    left join publications
        on next_publications.matched_order = publications.published_at
    group by
        needed_by.kpi,
        coalesce(publications.publication_id, 'not published'),
        landings.source_object

),

joined as (

    select
        publication_id,
        kpi,
        {{ joined_text('source_object', ', ') }} as late_sources
    from shown
    group by
        publication_id,
        kpi

),

final as (

    select
        publication_id || ':' || kpi as late_sources_id,
        publication_id,
        kpi,

        late_sources

    from joined

)

select * from final
