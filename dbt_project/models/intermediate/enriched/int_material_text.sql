{{ config(materialized='table', indexes=[{'columns': ['material_text', 'language_code'], 'unique': true}]) }}

-- Material concept of each distinct label. First version: the label, normalised, is a term of the concept list in its
-- own language. A term that stands for two concepts (the false friends of the border) decides nothing.
with label as (
    select distinct
        material_text,
        material_language_code as language_code,
        {{ normalise_text('material_text') }} as text_key
    from {{ ref('int_flow_record') }}
    where material_text is not null
),

term as (
    select
        language_code,
        term_key,
        min(material_code) as material_code
    from {{ ref('int_material_term') }}
    group by language_code, term_key
    having count(distinct material_code) = 1
)

select
    label.material_text,
    label.language_code,
    term.material_code,
    'EXACT' as match_method_code,
    cast(1 as numeric(5, 4)) as match_score
from label
inner join term on label.language_code = term.language_code and label.text_key = term.term_key
