{{ config(
    materialized='table',
    indexes=[{'columns': ['language_code', 'key_stem']}, {'columns': ['language_code', 'term_key']}]
) }}

-- Terms of the concept list that decide: in one language, for one concept only. False friends and words that need more
-- ("marc", "boues") are marked ambiguous in the list and never decide.
with term as (
    select distinct
        material_code,
        language as language_code,
        {{ normalise_text('term') }} as term_key
    from {{ ref('material_term') }}
    where not is_ambiguous
),

decisive as (
    select
        language_code,
        term_key,
        min(material_code) as material_code
    from term
    where term_key is not null
    group by language_code, term_key
    having count(distinct material_code) = 1
),

stemmed as (
    select
        *,
        {{ stems('term_key', 'language_code') }} as stems
    from decisive
)

select
    language_code,
    term_key,
    material_code,
    stems,
    -- The longest stem is the rarest: texts are looked up by it.
    (
        select part.stem
        from unnest(stems) as part (stem)
        order by length(part.stem) desc, part.stem collate "C"
        limit 1
    ) as key_stem
from stemmed
where cardinality(stems) > 0
