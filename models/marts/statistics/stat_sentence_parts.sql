{%- set text = dbt.type_string() -%}
with

stat_values as (

    select * from {{ ref('stat_values') }}

),

kpis as (

    select * from {{ ref('kpis') }}

),

in_shown_units as (

    select
        stat_values.*,
        kpis.statistic,
        kpis.noun_singular,
        kpis.noun_plural,
        kpis.open_phrase,
        kpis.statistic <> 'median' as is_share,
        case kpis.unit
            when 'share' then ' %'
            when 'hours' then ' h'
            when 'minutes' then ' min'
            else ' ' || kpis.unit
        end as unit_text,
        case when kpis.statistic = 'median' then 1 else 100 end as shown_per_unit
    from stat_values
    inner join kpis
        on stat_values.kpi = kpis.kpi

),

numbers as (

    select
        in_shown_units.*,
        {% for column in ['value', 'interval_low', 'interval_high', 'bound_low', 'bound_high', 'survival_median'] %}
            case
                when {{ column }} is null then null
                when is_share then {{ plain_number(column ~ ' * shown_per_unit', keep_decimal=true) }}
                else {{ plain_number(column) }}
            end as {{ column }}_number,
        {% endfor %}
        case
            when all_count > 0
                then {{ plain_number('coverage * 100', keep_decimal=true) }} || ' %'
        end as coverage_text
    from in_shown_units

),

final as (

    select
        kpi,
        period_id,
        scope_type,
        scope_id,

        {% for column in ['value', 'survival_median'] %}
            (
                {{ column }}_number
                || case when {{ column }}_number = '1' and unit_text = ' days' then ' day' else unit_text end
            ) as {{ column }}_text,
        {% endfor %}
        bound_low_number || ' % and ' || bound_high_number || ' %' as bounds_text,
        interval_low_number || '–' || interval_high_number || unit_text as interval_text,
        coverage_text,
        -- What is known: "4 of 7 items", "6 changes".
        case
            when is_share
                then (
                    cast(numerator as {{ text }})
                    || ' of '
                    || cast(n as {{ text }})
                    || ' '
                    || case when n = 1 then noun_singular else noun_plural end
                )
            else cast(n as {{ text }}) || ' ' || case when n = 1 then noun_singular else noun_plural end
        end as counts_text,
        case when open_count > 0 then cast(open_count as {{ text }}) || ' ' || open_phrase end as open_text,
        case when unknown_count > 0 then cast(unknown_count as {{ text }}) || ' unknown' end as unknown_text,
        (
            cast(unknown_count as {{ text }})
            || ' '
            || case when unknown_count = 1 then noun_singular else noun_plural end
        ) as unknown_things_text,
        (
            cast(immature_count as {{ text }})
            || ' '
            || case when immature_count = 1 then noun_singular else noun_plural end
        ) as immature_things_text,
        (
            cast(known_count as {{ text }})
            || ' '
            || case when known_count = 1 then noun_singular else noun_plural end
        ) as known_things_text

    from numbers

)

select * from final
