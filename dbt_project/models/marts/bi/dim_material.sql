with material as (
    select
        material_code,
        material_name_fr,
        material_name_it,
        material_name_en,
        material_family_code,
        low_code,
        is_hazardous,
        physical_state_code
    from {{ ref('material') }}

    union all

    select
        'UNKNOWN' as material_code,
        'Non reconnue' as material_name_fr,
        'Non riconosciuto' as material_name_it,
        'Not recognised' as material_name_en,
        'OTHER' as material_family_code,
        null as low_code,
        null as is_hazardous,
        null as physical_state_code
)

select
    material.material_code,
    material.material_name_fr,
    material.material_name_it,
    material.material_name_en,
    material.material_family_code,
    family.label_fr as material_family_name_fr,
    family.label_it as material_family_name_it,
    family.label_en as material_family_name_en,
    material.low_code,
    material.is_hazardous,
    material.physical_state_code
from material
inner join {{ ref('code_list') }} as family
    on family.list_name = 'material_family' and material.material_family_code = family.code
