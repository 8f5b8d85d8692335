{{ config(materialized='table', indexes=[{'columns': ['material_text', 'language_code'], 'unique': true}]) }}

-- Material concept of each distinct label, in steps, each said so: the label is a term of its language (EXACT); it has
-- the same content words in another form (LEMMA, 0.95); or it contains all words of a term (LEMMA, by the share of its
-- words that the term covers). The longest term wins; two concepts with equally long terms decide nothing, and a term
-- that covers less than half of the label does not decide unless it has two words.
with label as (
    select distinct
        material_text,
        material_language_code as language_code,
        {{ normalise_text('material_text') }} as text_key
    from {{ ref('int_flow_record') }}
    where material_text is not null
),

exact_match as (
    select
        label.material_text,
        label.language_code,
        term.material_code
    from label
    inner join {{ ref('int_material_term') }} as term
        on label.language_code = term.language_code and label.text_key = term.term_key
),

stemmed as (
    select
        label.material_text,
        label.language_code,
        {{ stems('label.text_key', 'label.language_code') }} as stems
    from label
    left join exact_match
        on label.material_text = exact_match.material_text and label.language_code = exact_match.language_code
    where exact_match.material_code is null
),

candidate as (
    select distinct
        stemmed.material_text,
        stemmed.language_code,
        term.material_code,
        cardinality(term.stems) as matched,
        cardinality(stemmed.stems) as total
    from stemmed
    cross join lateral unnest(stemmed.stems) as word (stem)
    inner join {{ ref('int_material_term') }} as term
        on
            stemmed.language_code = term.language_code
            and word.stem = term.key_stem
            and term.stems <@ stemmed.stems
),

best as (
    select
        material_text,
        language_code,
        max(matched) as matched
    from candidate
    group by material_text, language_code
),

decided as (
    select
        candidate.material_text,
        candidate.language_code,
        min(candidate.material_code) as material_code,
        max(candidate.matched) as matched,
        max(candidate.total) as total
    from candidate
    inner join best
        on
            candidate.material_text = best.material_text
            and candidate.language_code = best.language_code
            and candidate.matched = best.matched
    group by candidate.material_text, candidate.language_code
    having count(distinct candidate.material_code) = 1
)

select
    material_text,
    language_code,
    material_code,
    'EXACT' as match_method_code,
    cast(1 as numeric(5, 4)) as match_score
from exact_match

union all

select
    material_text,
    language_code,
    material_code,
    'LEMMA' as match_method_code,
    cast(0.95 * matched / total as numeric(5, 4)) as match_score
from decided
where matched >= 2 or matched * 2 >= total
