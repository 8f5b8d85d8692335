select
    material_code,
    material_name_fr,
    material_name_it,
    material_name_en,
    material_family_code,
    low_code,
    origin_nace_code,
    physical_state_code
from (
    values
    ('GRAPE_MARC', 'marc de raisin', 'vinacce', 'grape marc', 'FOOD_AGRI', '020701', '11.02', 'SOLID'),
    ('APPLE_POMACE', 'marc de pomme', 'sansa di mele', 'apple pomace', 'FOOD_AGRI', '020701', '11.03', 'PASTE_SLUDGE')
) as concept (
    material_code, material_name_fr, material_name_it, material_name_en, material_family_code, low_code,
    origin_nace_code, physical_state_code
)
