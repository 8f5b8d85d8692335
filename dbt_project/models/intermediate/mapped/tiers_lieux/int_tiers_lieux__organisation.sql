-- The body that runs a third place, where the instance names it or gives its number. A place is not an
-- organisation by itself: without either, nothing is derived.
select
    'tiers_lieux' as source_id,
    'lieux' as stream_name,
    record_key,
    'third_place_operator' as role,
    coalesce(structure_porteuse, nom) as name,
    nom as site_name,
    {{ country_code('pays') }} as country_code,
    siret as business_id_given,
    cast(null as text) as tax_id_given,
    cast(null as text) as rea_given,
    cast(null as text) as activity_code_given,
    cast(null as text) as activity_revision_code,
    adresse as street_given,
    code_postal as postcode_given,
    commune as municipality_given,
    departement as province_given,
    code_commune as lau_given,
    latitude,
    longitude,
    telephone as phone_given,
    courriels[1] as email_given,
    sites_web[1] as website_given,
    date_maj as updated_on,
    redistribuable as is_publishable
from {{ ref('stg_tiers_lieux__lieux') }}
where structure_porteuse is not null or siret is not null
