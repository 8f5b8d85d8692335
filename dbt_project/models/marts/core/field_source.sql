-- For each value of an organisation or third place, the record that gave it. Only what is published is traced: a record
-- that is reserved to the chambers stands in source_record neither.
select
    entity_table_name,
    entity_id,
    field_name,
    source_id,
    stream_name,
    record_key as source_record_key
from {{ ref('int_field_source') }}
where is_publishable
