{#- Spark's folder as an absolute path: a relative one counts from the project, wherever Spark itself was started. -#}
{% macro spark_folder() %}
    {% set folder = env_var('SCORECARD_SPARK_FOLDER', 'warehouse/spark') %}
    {% if folder.startswith('/') or '://' in folder %}
        {{ return(folder) }}
    {% endif %}
    {{ return(project_folder() ~ '/' ~ folder) }}
{% endmacro %}

{#- The project's folder as an absolute path. -#}
{% macro project_folder() %}
    {% for node in graph.nodes.values() if node.resource_type == 'seed' %}
        {{ return(node.root_path) }}
    {% endfor %}
{% endmacro %}
