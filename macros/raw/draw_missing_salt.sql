{#-
    Landing draws the secret of the person keys. Where an earlier release landed, or somebody deleted it, there is none, and
    without it there are no people: it is drawn here, within the engine, so that no log of dbt's holds it.
-#}
{% macro draw_missing_salt() %}
    {% do run_query("
        insert into raw_meta.person_salts (salt)
        select case when " ~ every_true('is_sample') ~ " then 'sample' else " ~ random_hex() ~ " end
        from raw_meta.loads
        where not exists (select 1 from raw_meta.person_salts)
        having count(*) > 0
    ") %}
{% endmacro %}
