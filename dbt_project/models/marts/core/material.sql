select
    material.material_code,
    material.material_name_fr,
    material.material_name_it,
    material.material_name_en,
    material.material_family_code,
    material.low_code,
    low_code.is_hazardous,
    material.origin_nace_code,
    material.physical_state_code
from {{ ref('int_material') }} as material
left join {{ ref('low_code') }} as low_code on material.low_code = low_code.low_code
