{#- Each of an entity's rows (where `entity_where` holds) has exactly one row here, and nothing else is here. A row
    counts exactly where no reason leaves it out; `judged` says what else holds of every row. -#}
{% test one_row_of_each(model, entity, columns, entity_where='true', judged='true') %}
with

entities as (

    select distinct {{ columns | join(', ') }} from {{ entity }}
    where {{ entity_where }}

),

validated as (

    select * from {{ model }}

),

counted as (

    select
        {{ columns | join(', ') }},
        count(*) as row_count,
        {{ every_true('is_counted = (excluded_because is null) and (' ~ judged ~ ')') }} as is_judged
    from validated
    group by {{ columns | join(', ') }}

),

final as (

    select
        {% for column in columns %}
            entities.{{ column }},
            counted.{{ column }} as counted_{{ column }},
        {% endfor %}
        counted.row_count
    from entities
    full outer join counted
        on
            {% for column in columns %}
                {{ 'and ' if not loop.first }}entities.{{ column }} = counted.{{ column }}
            {% endfor %}
    where
        entities.{{ columns[0] }} is null
        or coalesce(counted.row_count, 0) <> 1
        or not counted.is_judged

)

select * from final
{% endtest %}
