select material_code, 'fr' as language_code, {{ normalise_text('material_name_fr') }} as term_key from {{ ref('int_material') }}
union all
select material_code, 'it' as language_code, {{ normalise_text('material_name_it') }} as term_key from {{ ref('int_material') }}
