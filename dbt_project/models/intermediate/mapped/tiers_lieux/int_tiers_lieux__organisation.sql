{{ config(
    materialized='incremental', indexes=[{'columns': ['record_key'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('stg_tiers_lieux__lieux'), ['record_key', 'payload_hash']) }}"
) }}

-- The body that runs a third place, where the instance names it or gives its number. A place is not an
-- organisation by itself: without either, nothing is derived.
with mention as (
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
        redistribuable as is_publishable,
        payload_hash
    from {{ ref('stg_tiers_lieux__lieux') }} as listing
    where
        {{ is_not_kept('listing', ['record_key']) }}
        and (structure_porteuse is not null or siret is not null)
)

select
    *,
    {{ mention_id() }} as mention_id,
    {{ place_id() }} as place_id
from mention
where name is not null
