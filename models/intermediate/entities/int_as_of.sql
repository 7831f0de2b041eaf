{#- A bare date means the end of that local day. -#}
{%- set stated = var('as_of') | string -%}
{%- if not stated -%}
    {%- set as_of = "coalesce(newest_covers_to, cast('1970-01-01' as timestamp))" -%}
{%- elif stated | length == 10 -%}
    {%- set as_of = to_utc(add_days("cast('" ~ stated ~ "' as date)", 1)) -%}
{%- else -%}
    {%- set as_of = parse_instant("'" ~ stated ~ "'") -%}
{%- endif -%}
with

loads as (

    select * from {{ ref('stg_meta__loads') }}

),

newest_landing as (

    select max(covers_to) as newest_covers_to
    from loads

),

stated as (

    select
        {{ as_of }} as as_of
    from newest_landing

),

final as (

    select
        1 as as_of_id,
        as_of,
        {{ local_date('as_of') }} as as_of_on
    from stated

)

select * from final
