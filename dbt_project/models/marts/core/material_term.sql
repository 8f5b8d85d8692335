-- Terms of the concept list, and beside them the false friends: each stands with the concept that a reader of the other
-- language would take it for. A word that some texts really use for that concept is an ambiguous synonym, with the same
-- remark.
with term as (
    select
        material_code,
        language as language_code,
        term as term_text,
        upper(term_type) as term_type_code,
        is_ambiguous
    from {{ ref('material_concept_term') }}
),

false_friend as (
    select
        not_material_code as material_code,
        language as language_code,
        term as term_text,
        note_fr,
        note_it,
        note_en
    from {{ ref('material_false_friend') }}
    where not_material_code is not null
)

select
    coalesce(term.material_code, false_friend.material_code) as material_code,
    coalesce(term.language_code, false_friend.language_code) as language_code,
    coalesce(term.term_text, false_friend.term_text) as term_text,
    coalesce(term.term_type_code, 'FALSE_FRIEND') as term_type_code,
    coalesce(term.is_ambiguous, false) as is_ambiguous,
    false_friend.note_fr as term_note_fr,
    false_friend.note_it as term_note_it,
    false_friend.note_en as term_note_en
from term
full join false_friend
    on
        term.material_code = false_friend.material_code
        and term.language_code = false_friend.language_code
        and term.term_text = false_friend.term_text
