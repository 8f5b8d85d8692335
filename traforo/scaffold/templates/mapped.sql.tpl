-- $title
-- in the words of the common model. Every term goes through a mapping table; then add this model to the union of its
-- kind (models/intermediate/unioned).
select
    '$source' as source_id,
    '$stream' as stream_name,
    record.record_key,
    record.name as material_text,
    record.quantity as quantity_given,
    record.unit as unit_given,
    record.updated as source_updated_date
from {{ ref('stg_${source}__$stream') }} as record
