select
    third_place_service_id,
    third_place_id,
    service_kind_code,
    service_type_code,
    service_text,
    language_code,
    source_id,
    source_record_key
from {{ ref('int_third_place_service') }}
