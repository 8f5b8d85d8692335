{{ config(materialized='table', indexes=[{'columns': ['text_hash'], 'unique': true}]) }}

-- Material concept of each distinct text of a flow, as the matching step decided: in steps, each said so (exact, by
-- lemmas, by similar spelling and by what the words say together); texts that it left open have no row. The key is
-- what the answer depends on: language, kind of flow, text.
select distinct
    matched.text_hash,
    matched.material_code,
    matched.match_method_code,
    matched.match_score
from {{ ref('int_flow_record') }} as flow
inner join {{ source('matching', 'material_text_match') }} as matched
    on {{ material_text_hash('flow') }} = matched.text_hash
where matched.material_code is not null
