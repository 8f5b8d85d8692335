select
    material_code,
    language as language_code,
    term as term_text,
    upper(term_type) as term_type_code,
    is_ambiguous,
    cast(null as text) as term_note_fr,
    cast(null as text) as term_note_it,
    cast(null as text) as term_note_en
from {{ ref('material_concept_term') }}

union all

-- A false friend stands with the concept that a reader of the other language would take it for.
select
    not_material_code as material_code,
    language as language_code,
    term as term_text,
    'FALSE_FRIEND' as term_type_code,
    false as is_ambiguous,
    note_fr as term_note_fr,
    note_it as term_note_it,
    note_en as term_note_en
from {{ ref('material_false_friend') }}
where not_material_code is not null
