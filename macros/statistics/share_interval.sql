{#-
    Ends of the Wilson score interval (95 %, z = 1.959964; Wilson 1927) of a share, from counts of successes and trials:
    a double within [0, 1], NULL without trials.
-#}
{% macro share_interval_low(successes, trials) -%}
    {{ return(wilson_end(successes, trials, '-')) }}
{%- endmacro %}

{% macro share_interval_high(successes, trials) -%}
    {{ return(wilson_end(successes, trials, '+')) }}
{%- endmacro %}

{% macro wilson_end(successes, trials, sign) -%}
    {%- set double = raw_type('double precision') -%}
    {%- set z = "cast('1.959964' as " ~ double ~ ")" -%}
    {%- set yes = "cast(" ~ successes ~ " as " ~ double ~ ")" -%}
    {%- set all = "nullif(cast(" ~ trials ~ " as " ~ double ~ "), 0)" -%}
    case
        -- Rounding must not push an end past what a share can be.
        {%- if sign == '-' %}
        when {{ successes }} = 0 and {{ trials }} > 0 then cast(0 as {{ double }})
        {%- else %}
        when {{ successes }} = {{ trials }} and {{ trials }} > 0 then cast(1 as {{ double }})
        {%- endif %}
        else (
            {{ yes }} + {{ z }} * {{ z }} / 2
            {{ sign }} {{ z }} * sqrt({{ yes }} * ({{ all }} - {{ yes }}) / {{ all }} + {{ z }} * {{ z }} / 4)
        ) / ({{ all }} + {{ z }} * {{ z }})
    end
{%- endmacro %}
