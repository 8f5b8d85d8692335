select
    material_code,
    material_name_fr,
    material_name_it,
    material_name_en,
    material_family_code,
    low_code,
    is_hazardous,
    origin_nace_code,
    physical_state_code
from {{ ref('material_concept') }}
