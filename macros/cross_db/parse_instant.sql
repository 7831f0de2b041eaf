{#-
    Vendor text to a UTC timestamp without zone. Reads what docs/raw-contract.md accepts: ISO 8601 with any offset
    (`Z`, `+hh:mm`, `+hhmm`, `+hh`, none = UTC), a bare date, epoch seconds (10 digits) and milliseconds (13 digits).
-#}
{% macro parse_instant(expression) -%}
    {{ return(adapter.dispatch('parse_instant', 'execution_scorecard')(expression)) }}
{%- endmacro %}

{% macro default__parse_instant(expression) -%}
    case
        when {{ expression }} is null or {{ expression }} = '' then null
        when regexp_matches({{ expression }}, '^[0-9]{13}$')
            then make_timestamp(cast({{ expression }} as bigint) * 1000)
        when regexp_matches({{ expression }}, '^[0-9]{10}$')
            then make_timestamp(cast({{ expression }} as bigint) * 1000000)
        else cast({{ expression }} as timestamptz) at time zone 'UTC'
    end
{%- endmacro %}

{#- A cast of a literal is done while planning, in whatever branch it stands: none may fail on another branch's text. -#}
{% macro postgres__parse_instant(expression) -%}
    case
        when {{ expression }} is null or {{ expression }} = '' then null
        when {{ expression }} ~ '^[0-9]{13}$'
            then to_timestamp(cast(substring({{ expression }} from '^[0-9]{13}$') as bigint) / 1000.0) at time zone 'UTC'
        when {{ expression }} ~ '^[0-9]{10}$'
            then to_timestamp(cast(substring({{ expression }} from '^[0-9]{10}$') as bigint)) at time zone 'UTC'
        when {{ expression }} ~ '([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$' and {{ expression }} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]'
            then cast(case when {{ expression }} !~ '^[0-9]*$' then {{ expression }} end as timestamptz) at time zone 'UTC'
        else cast(case when {{ expression }} !~ '^[0-9]*$' then {{ expression }} end as timestamp)
    end
{%- endmacro %}

{% macro spark__parse_instant(expression) -%}
    case
        when {{ expression }} is null or {{ expression }} = '' then null
        when {{ expression }} rlike '^[0-9]{13}$' then timestamp_millis(cast({{ expression }} as bigint))
        when {{ expression }} rlike '^[0-9]{10}$' then timestamp_seconds(cast({{ expression }} as bigint))
        else cast(
            regexp_replace(
                regexp_replace({{ expression }}, '([ T][0-9]{2}:[0-9]{2})(Z|[+-].*)?$', '$1:00$2'),
                '([+-][0-9]{2})([0-9]{2})$',
                '$1:$2'
            ) as timestamp
        )
    end
{%- endmacro %}

{% macro snowflake__parse_instant(expression) -%}
    case
        when {{ expression }} is null or {{ expression }} = '' then null
        when regexp_instr({{ expression }}, '^[0-9]{13}$') > 0 then to_timestamp_ntz(try_to_number({{ expression }}), 3)
        when regexp_instr({{ expression }}, '^[0-9]{10}$') > 0 then to_timestamp_ntz(try_to_number({{ expression }}), 0)
        when regexp_instr({{ expression }}, '[T ].*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$') > 0
            then to_timestamp_ntz(convert_timezone('UTC', to_timestamp_tz({{ expression }})))
        else to_timestamp_ntz({{ expression }})
    end
{%- endmacro %}

{% macro bigquery__parse_instant(expression) -%}
    case
        when {{ expression }} is null or {{ expression }} = '' then null
        when regexp_contains({{ expression }}, r'^[0-9]{13}$') then timestamp_millis(safe_cast({{ expression }} as int64))
        when regexp_contains({{ expression }}, r'^[0-9]{10}$') then timestamp_seconds(safe_cast({{ expression }} as int64))
        else timestamp(
            regexp_replace(
                regexp_replace({{ expression }}, r'([ T][0-9]{2}:[0-9]{2})(Z|[+-].*)?$', r'\1:00\2'),
                r'([+-][0-9]{2})([0-9]{2})$',
                r'\1:\2'
            )
        )
    end
{%- endmacro %}

{% macro redshift__parse_instant(expression) -%}
    case
        when {{ expression }} is null or {{ expression }} = '' then null
        when {{ expression }} ~ '^[0-9]{13}$'
            then dateadd(
                millisecond,
                cast(right({{ expression }}, 3) as integer),
                dateadd(second, cast(left({{ expression }}, 10) as bigint), cast('1970-01-01' as timestamp))
            )
        when {{ expression }} ~ '^[0-9]{10}$'
            then dateadd(second, cast({{ expression }} as bigint), cast('1970-01-01' as timestamp))
        when {{ expression }} ~ '[T ].*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$'
            then cast({{ expression }} as timestamptz) at time zone 'UTC'
        else cast({{ expression }} as timestamp)
    end
{%- endmacro %}
