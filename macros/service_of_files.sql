{#-
    The service of each row of `things` (a pull request, a commit): the one that most of its files lie in, of several the
    first by name; without a list of files the only service of its repository, else none.

    things          CTE with the column `key` and repository, one row a thing
    key             name of the column that identifies a thing
    changed_paths   CTE with `key`, repository and path, one row a file

    Reads the CTEs `paths` (of int_paths) and `services` (of int_services); gives key, service_id, file_count and link_method.
-#}
{% macro service_of_files(things, key, changed_paths) -%}
    select
        {{ things }}.{{ key }},
        coalesce(
            favourites.service_id, case when listed.{{ key }} is null then only_services.service_id end
        ) as service_id,
        coalesce(listed.file_count, 0) as file_count,
        case
            when favourites.service_id is not null then 'files'
            when listed.{{ key }} is null and only_services.service_id is not null then 'only_service_of_repository'
        end as link_method
    from {{ things }}
    left join (
        select
            {{ changed_paths }}.{{ key }},
            paths.service_id,
            row_number() over (
                partition by {{ changed_paths }}.{{ key }}
                order by count(*) desc, {{ code_point_order('paths.service_id') }} asc
            ) as preference
        from {{ changed_paths }}
        inner join paths
            on
                {{ changed_paths }}.repository = paths.repository
                and {{ changed_paths }}.path = paths.path
        where paths.service_id is not null
        group by {{ changed_paths }}.{{ key }}, paths.service_id
    ) as favourites
        on
            {{ things }}.{{ key }} = favourites.{{ key }}
            and favourites.preference = 1
    left join (
        select
            {{ changed_paths }}.{{ key }},
            count(*) as file_count
        from {{ changed_paths }}
        inner join paths
            on
                {{ changed_paths }}.repository = paths.repository
                and {{ changed_paths }}.path = paths.path
        group by {{ changed_paths }}.{{ key }}
    ) as listed
        on {{ things }}.{{ key }} = listed.{{ key }}
    left join (
        select
            repository,
            min(service_id) as service_id
        from services
        group by repository
        having count(*) = 1
    ) as only_services
        on {{ things }}.repository = only_services.repository
{%- endmacro %}
