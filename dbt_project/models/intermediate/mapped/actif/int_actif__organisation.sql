{{ config(
    materialized='incremental', indexes=[{'columns': ['record_key'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('stg_actif__flux'), ['record_key', 'payload_hash']) }}"
) }}

-- One row per flow record: the company and site it speaks of. ACTIF's SIRET field also holds SIRENs, damaged numbers
-- and, for partners across the border, Italian tax codes; the identifier model sorts them out by their shape.
with mention as (
    select
        'actif' as source_id,
        'flux' as stream_name,
        record_key,
        'operator' as role,
        coalesce(raison_sociale, nom_site, siret) as name,
        nom_site as site_name,
        -- The country of the site: its commune code tells (five characters INSEE, six digits ISTAT); only without one the
        -- shape of the company's number does. A damaged SIRET of eleven digits must not move a commune across the border.
        case
            when code_insee ~ '^[0-9]{6}$' then 'IT'
            when code_insee ~ '^[0-9][0-9AB][0-9]{3}$' then 'FR'
            when {{ alphanumeric('siret') }} ~ '^([0-9]{11}|[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z].{7})$' then 'IT'
            else 'FR'
        end as country_code,
        siret as business_id_given,
        cast(null as text) as tax_id_given,
        cast(null as text) as rea_given,
        code_naf as activity_code_given,
        {{ naf_revision('code_naf') }} as activity_revision_code,
        adresse as street_given,
        code_postal as postcode_given,
        commune as municipality_given,
        cast(null as text) as province_given,
        code_insee as lau_given,
        derived_latitude as latitude,
        derived_longitude as longitude,
        cast(null as text) as phone_given,
        cast(null as text) as email_given,
        cast(null as text) as website_given,
        date_maj as updated_on,
        confidentialite = 'public' as is_publishable,
        payload_hash
    from {{ ref('stg_actif__flux') }} as flux
    where
        {{ is_not_kept('flux', ['record_key']) }}
)

select
    *,
    {{ mention_id() }} as mention_id,
    {{ place_id() }} as place_id
from mention
where name is not null
