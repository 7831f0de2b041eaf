with

issues as (

    select * from {{ ref('int_issues') }}

),

pull_requests as (

    select * from {{ ref('int_pull_requests') }}

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

roadmap_items as (

    select * from {{ ref('int_roadmap_items') }}

),

live_files as (

    select * from {{ ref('int_live_source_files') }}

),

targets as (

    select * from {{ ref('stg_planning__targets') }}

),

united as (

    select title as shown_text from issues

    {{ union_distinct() }}

    select title as shown_text from pull_requests

    {{ union_distinct() }}

    select title as shown_text from incidents

    {{ union_distinct() }}

    select title as shown_text from roadmap_items

    {{ union_distinct() }}

    select path as shown_text from live_files

    {{ union_distinct() }}

    -- A file's id holds the path that it was born under.
    select file_id as shown_text from live_files

    {{ union_distinct() }}

    select owner as shown_text from targets

),

final as (

    select shown_text
    from united
    where shown_text is not null

)

select * from final
