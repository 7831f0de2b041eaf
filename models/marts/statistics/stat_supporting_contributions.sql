{#- A figure that sums up rows of a fact is one line: which rows, and what each adds (durations in seconds). -#}
{%- set measured = "is_counted and not is_immature and duration_seconds is not null"
    ~ " and coalesce(verdict, '') <> 'unknown'" -%}
{%- set judged = "is_counted and not is_immature and verdict in ('yes', 'no')" -%}
{%- set known_file = "is_counted and verdict in ('yes', 'no')" -%}
{%- set done_in_sprint = "method = 'sprint' and not is_immature and is_done_at_close"
    ~ " and (is_added or verdict = 'yes')" -%}
{%- set lines = [
    ('fct_software_delivery', 'lead_time', 'coding_median', 'coding_seconds', none, measured),
    ('fct_software_delivery', 'lead_time', 'pickup_median', 'pickup_seconds', none, measured),
    ('fct_software_delivery', 'lead_time', 'review_median', 'review_seconds', none, measured),
    ('fct_software_delivery', 'lead_time', 'deploy_median', 'deploy_seconds', none, measured),
    ('fct_software_delivery', 'delivery_predictability', 'unplanned_share', 'case when is_added then 1 else 0 end',
        none, done_in_sprint),
    ('fct_software_delivery', 'delivery_predictability', 'carried_over', 'case when is_carried_over then 1 else 0 end',
        none, "method = 'sprint' and " ~ judged),
    ('fct_team_performance', 'key_person_concentration', 'truck_factor', 'service_truck_factor',
        'service_id', 'is_counted'),
    ('fct_team_performance', 'key_person_concentration', 'contributor_absence_factor',
        'service_contributor_absence_factor', 'service_id', 'is_counted'),
    ('fct_team_performance', 'key_person_concentration', 'files_without_current_author',
        'case when current_author_count = 0 then 1 else 0 end', none, known_file),
    ('fct_operational_reliability', 'time_to_restore', 'episodes', '1', none, measured),
    ('fct_operational_reliability', 'time_to_restore', 'total_impact', 'duration_seconds', none, measured),
    ('fct_operational_reliability', 'time_to_restore', 'longest_episode', 'duration_seconds', none, measured),
    ('fct_operational_reliability', 'time_to_restore', 'transient_episodes', '1', none,
        "excluded_because = 'transient'"),
    ('fct_operational_reliability', 'time_to_restore', 'failed_deployment_recovery', 'duration_seconds', none,
        measured ~ ' and is_deployment_blamed'),
    ('fct_technical_quality', 'defect_escape', 'severe_escaped_defects', '1', none,
        "is_counted and not is_immature and verdict = 'yes' and is_severe"),
    ('fct_roadmap_alignment', 'outcome_linked_work', 'keeping_the_lights_on',
        'case when is_keeping_the_lights_on then 1 else 0 end', none, judged),
    ('fct_roadmap_alignment', 'roadmap_accuracy', 'median_slip', 'slip_days', none, judged),
    ('fct_roadmap_alignment', 'roadmap_accuracy', 'misses', '1', 'method', judged ~ " and verdict = 'no'"),
    ('fct_roadmap_alignment', 'roadmap_accuracy', 'added_after_baseline', '1', none,
        "excluded_because = 'added_after_baseline'"),
    ('fct_roadmap_alignment', 'roadmap_accuracy', 'aspirational', '1', none, "excluded_because = 'aspirational'"),
] -%}
with

direct_commits as (

    select * from {{ ref('int_direct_commits') }}

),

united as (

    {% for fact, kpi, figure, amount, breakdown, condition in lines %}
        select
            '{{ kpi }}' as kpi,
            '{{ figure }}' as figure,
            observation_id as contribution_id,
            cast({{ breakdown or 'null' }} as {{ raw_type('text') }}) as breakdown,
            team_id,
            service_id,
            cast({{ amount }} as {{ raw_type('double precision') }}) as amount,
            occurred_on
        from {{ ref(fact) }}
        where
            kpi = '{{ kpi }}'
            and {{ condition }}

        union all

    {% endfor %}

    select
        'lead_time' as kpi,
        'changes_without_review' as figure,
        commit_id as contribution_id,
        cast(null as {{ raw_type('text') }}) as breakdown,
        team_id,
        service_id,
        cast(1 as {{ raw_type('double precision') }}) as amount,
        {{ local_date('integrated_at') }} as occurred_on
    from direct_commits

),

final as (

    select
        contribution_id,
        kpi,
        figure,
        team_id,
        service_id,

        breakdown,

        amount,

        {{ month_start('occurred_on') }} as month_on

    from united
    where
        amount is not null
        and occurred_on is not null

)

select * from final
