-- Material concept of each distinct text, as the matching step decided: in steps, each said so (exact, by lemmas, by
-- similar spelling and by what the words say together); texts that it left open have no row. The key is what the answer
-- depends on: language, kind of flow, text.
select
    text_hash,
    material_code,
    match_method_code,
    match_score
from {{ source('matching', 'material_text_match') }}
where material_code is not null
