{#- No two rows agree in all of these columns (NULLs agree with each other). -#}
{% test unique_rows(model, columns) %}
with

validated as (

    select * from {{ model }}

),

final as (

    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from validated
    group by {{ columns | join(', ') }}
    having count(*) > 1

)

select * from final
{% endtest %}
