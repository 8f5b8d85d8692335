-- One row per flow record: the company and site it speaks of. ACTIF is a French tool; its SIRET field also
-- holds SIRENs and damaged numbers, which the identifier model sorts out.
select
    'actif' as source,
    record_key,
    'operator' as role,
    raison_sociale as name,
    nom_site as site_name,
    'FR' as country_code,
    siret as business_id_given,
    cast(null as text) as tax_id_given,
    cast(null as text) as rea_given,
    code_naf as activity_code_given,
    'NAF_REV2' as activity_scheme,
    adresse as street,
    code_postal as postcode_given,
    commune as municipality_given,
    cast(null as text) as province_given,
    code_insee as lau_given,
    derived_latitude as latitude,
    derived_longitude as longitude,
    cast(null as text) as phone_given,
    cast(null as text) as email_given,
    cast(null as text) as website_given,
    date_maj as updated_on
from {{ ref('stg_actif__flux') }}
