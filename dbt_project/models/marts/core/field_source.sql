-- For each value of an organisation or third place, the record that gave it. Only what is published is traced.
select
    field.entity_table_name,
    field.entity_id,
    field.field_name,
    field.source_id,
    field.stream_name,
    field.record_key as source_record_key
from {{ ref('int_field_source') }} as field
inner join {{ ref('source_record') }} as record
    on
        field.entity_table_name = record.entity_table_name
        and field.entity_id = record.entity_id
        and field.source_id = record.source_id
        and field.stream_name = record.stream_name
        and field.record_key = record.source_record_key
