with

contributions as (

    select * from {{ ref('int_file_contributions') }}

),

current_people as (

    select * from {{ ref('int_current_people') }}

),

-- Avelino, Passos, Hora and Valente, "A novel approach for estimating truck factors", section II.
degrees as (

    select
        *,
        3.293e0 + 1.098e0 * first_authorship + 0.164e0 * deliveries
        - 0.321e0 * {{ natural_log('1e0 + acceptances') }} as degree_of_authorship
    from contributions

),

compared as (

    select
        *,
        max(degree_of_authorship) over (partition by file_id, month_end_on) as highest_degree
    from degrees

),

final as (

    select
        compared.file_contribution_id as file_authorship_id,
        compared.file_id,
        compared.person_id,

        compared.first_authorship,
        compared.deliveries,
        compared.acceptances,
        compared.degree_of_authorship,
        {{ divide('compared.degree_of_authorship', 'compared.highest_degree') }} as relative_degree,

        -- Where even the highest degree is not positive a ratio would turn the order round; its holder is the author.
        compared.degree_of_authorship > {{ var('authorship_threshold') }} * compared.highest_degree
        or compared.degree_of_authorship = compared.highest_degree as is_author,
        current_people.person_id is not null as is_current,

        compared.month_end_on

    from compared
    left join current_people
        on
            compared.person_id = current_people.person_id
            and compared.month_end_on = current_people.month_end_on

)

select * from final
