{{ config(
    materialized='incremental', indexes=[{'columns': ['record_key'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('stg_actif__flux'), ['record_key', 'payload_hash']) }}"
) }}

-- ACTIF flows in the words of the common model. Every term goes through a mapping table; an unmapped term gives NULL
-- here and fails the coverage test of its table.
select
    'actif' as source_id,
    'flux' as stream_name,
    flux.record_key,
    sens.code as direction_code,
    coalesce(type_flux.code, 'OTHER') as flow_type_code,
    -- Adviser's entry "déchet" is the only statement on status that ACTIF makes.
    case when type_flux.code = 'WASTE' then 'WASTE' else 'UNKNOWN' end as legal_status_code,
    coalesce(flux.libelle_flux, flux.sous_famille, flux.famille) as material_text,
    cast(null as text) as material_description_text,
    'fr' as material_language_code,
    flux.code_dechet as low_code_given,
    flux.dangereux as is_hazardous_given,
    flux.quantite as quantity_given,
    cast(null as numeric) as quantity_min_given,
    cast(null as numeric) as quantity_max_given,
    flux.unite as unit_given,
    frequence.code as frequency_period_code,
    'SOURCE' as detail_origin_code,
    flux.saisonnalite as season_given,
    etat_physique.code as physical_state_code,
    flux.valorisation_actuelle as treatment_given,
    confidentialite.code as confidentiality_code,
    true as is_active,
    flux.code_naf as activity_code_given,
    {{ naf_revision('flux.code_naf') }} as activity_revision_code,
    'ESTABLISHMENT' as activity_role_code,
    cast(null as text) as source_url,
    flux.date_maj as source_updated_date,
    flux.payload_hash
from {{ ref('stg_actif__flux') }} as flux
left join {{ ref('_map_actif__sens') }} as sens on flux.sens = sens.source_value
left join {{ ref('_map_actif__type_flux') }} as type_flux on flux.type_flux = type_flux.source_value
left join {{ ref('_map_actif__confidentialite') }} as confidentialite
    on flux.confidentialite = confidentialite.source_value
left join {{ ref('_map_actif__frequence') }} as frequence
    on {{ normalise_text('flux.frequence') }} = frequence.source_value
left join {{ ref('_map_actif__etat_physique') }} as etat_physique
    on {{ normalise_text('flux.etat_physique') }} = etat_physique.source_value
where {{ is_not_kept('flux', ['record_key']) }}
