{#-
    For every row of `left` the order value of the latest row of `right` at or before it (direction 'latest') or of the next
    one at or after it ('next'), within a partition: a union and one window instead of a join by inequality.

    left, right         relations or CTE names
    left_key            column that identifies a row of left
    partition_by        column that both sides share
    left_order, right_order   columns to compare, of one type

    Gives left_key and matched_order (NULL without a match); join right by partition_by and right_order, which must be
    unique there.
-#}
{% macro as_of_lookup(left, left_key, left_order, right, right_order, partition_by, direction='latest') -%}
    select
        left_key as {{ left_key }},
        matched_order
    from (
        select
            left_key,
            is_left,
            {% if direction == 'latest' -%}
            max(right_order) over (
                partition by partition_key
                order by order_value, is_left
                rows between unbounded preceding and current row
            ) as matched_order
            {%- else -%}
            min(right_order) over (
                partition by partition_key
                order by order_value desc, is_left
                rows between unbounded preceding and current row
            ) as matched_order
            {%- endif %}
        from (
            select
                {{ left_key }} as left_key,
                {{ partition_by }} as partition_key,
                {{ left_order }} as order_value,
                null as right_order,
                1 as is_left
            from {{ left }}
            where {{ left_order }} is not null
            union all
            select
                null as left_key,
                {{ partition_by }} as partition_key,
                {{ right_order }} as order_value,
                {{ right_order }} as right_order,
                0 as is_left
            from {{ right }}
            where {{ right_order }} is not null
        ) as united
    ) as looked_up
    where is_left = 1
{%- endmacro %}
