{#- Issue trackers whose staging folders are read. Adding one is its name here, and its fields in int_issue_changes. -#}
{% macro trackers() -%}
    {{ return(['jira']) }}
{%- endmacro %}


{#-
  Rows of one object of every tracker, with the tracker's name as `tool`. Each tracker has a staging model of the
  same columns.

  Args:
    object: what follows `stg_<tracker>__`.
    columns: columns to read.
-#}
{% macro from_trackers(object, columns) -%}
    {% for tool in trackers() %}
        select
            '{{ tool }}' as tool,
            {{ columns | join(',\n            ') }}
        from {{ ref('stg_' ~ tool ~ '__' ~ object) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{%- endmacro %}
