with

shown_texts as (

    select * from {{ ref('int_shown_texts') }}

),

person_names as (

    select * from {{ ref('int_person_names') }}

),

salts as (

    select * from {{ ref('stg_meta__person_salts') }}

),

tokens as (

    {{ word_tokens('shown_texts', 'shown_text') }}

),

words as (

    select
        shown_text,
        token_number,
        lower(token) as word,
        row_number() over (partition by shown_text order by token_number) as word_number
    from tokens
    where {{ matches('token', "'^[" ~ word_characters() ~ "]'") }}

),

-- A name stands where all of its words follow one another, whatever parts them: `Ann Lee`, `ann.lee`, `ANN_LEE`.
named as (

    select
        words.shown_text,
        person_names.person_name_id,
        words.word_number - person_names.word_number as words_before
    from words
    inner join person_names
        on words.word = person_names.word
    group by
        words.shown_text,
        person_names.person_name_id,
        words.word_number - person_names.word_number,
        person_names.word_count
    having count(*) = person_names.word_count

),

named_words as (

    select
        named.shown_text,
        named.words_before + person_names.word_number as word_number
    from named
    inner join person_names
        on named.person_name_id = person_names.person_name_id
    group by named.shown_text, named.words_before + person_names.word_number

),

texts_with_names as (

    select shown_text
    from named_words
    group by shown_text

),

-- Every piece of a text that names somebody, with the words of the name replaced.
masked_tokens as (

    select
        tokens.shown_text,
        tokens.token_number,
        case when named_words.word_number is null then tokens.token else '[person]' end as token
    from tokens
    inner join texts_with_names
        on tokens.shown_text = texts_with_names.shown_text
    left join words
        on
            tokens.shown_text = words.shown_text
            and tokens.token_number = words.token_number
    left join named_words
        on
            words.shown_text = named_words.shown_text
            and words.word_number = named_words.word_number

),

joined as (

    select
        shown_text,
        {{ joined_text('token', '', ordered_by='token_number') }} as masked_text
    from masked_tokens
    group by shown_text

),

-- Two words of one name leave one mark.
final as (

    select
        joined.shown_text,
        substring({{ hash_text("salts.salt || ':' || joined.shown_text") }}, 1, 16) as text_key,

        {{ replace_all('joined.masked_text', '\\[person\\](?:[ .@_-]*\\[person\\])+', '[person]') }} as masked_text

    from joined
    cross join salts

)

select * from final
