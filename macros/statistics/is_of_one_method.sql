{#-
    Whether a row belongs to a scope's number: where delivery predictability counts sprints the service levels say nothing,
    and the other way round. `is_service_level` tells how the row was measured; NULL where the scope has neither.
-#}
{% macro is_of_one_method(rows_of, method, is_service_level) -%}
    (
        {{ rows_of }}.kpi <> 'delivery_predictability'
        or {{ is_service_level }} = {{ method }}.is_service_level
    )
{%- endmacro %}
