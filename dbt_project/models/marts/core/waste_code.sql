select
    low_code,
    display_code as waste_code_text,
    upper(low_level) as low_level_code,
    parent_code as parent_low_code,
    is_hazardous,
    upper(entry_type) as low_entry_type_code,
    label_fr as waste_name_fr,
    label_it as waste_name_it,
    label_it_status = 'official' as is_waste_name_it_verified,
    label_en as waste_name_en
from {{ ref('low_code') }}
