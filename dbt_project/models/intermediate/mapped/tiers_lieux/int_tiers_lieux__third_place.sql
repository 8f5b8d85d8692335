-- One row per listing of a third place, in the words of the common model but not yet resolved.
with listing as (
    select
        'tiers_lieux' as source_id,
        record_key as source_record_key,
        record_key,
        nom as name,
        {{ country_code('pays') }} as country_code,
        code_commune as lau_given,
        code_postal as postcode_given,
        commune as municipality_given,
        coalesce(departement, region) as province_given,
        latitude,
        longitude,
        adresse as street_address,
        structure_porteuse as operator_name,
        description as description_text,
        langue as language_code,
        statut,
        types,
        services,
        publics,
        horaires as opening_hours_text,
        horaires_osm as opening_hours_osm,
        {{ phone_e164('telephone', country_code('pays')) }} as phone,
        (
            select email.address
            from unnest(courriels) with ordinality as email (address, rank)
            where {{ is_role_email('email.address') }}
            order by email.rank
            limit 1
        ) as email,
        (
            select {{ website_url('site.address') }}
            from unnest(sites_web) with ordinality as site (address, rank)
            where {{ website_url('site.address') }} is not null
            order by site.rank
            limit 1
        ) as website_url,
        array(
            select distinct lower(split_part(email.address, '@', 2))
            from unnest(courriels) as email (address)
            where email.address like '%@%'
        ) as email_domains,
        cast(extract(year from date_ouverture) as integer) as opening_year,
        licence as licence_text,
        attribution as attribution_text,
        redistribuable as is_publishable,
        source_url,
        date_maj as source_updated_date,
        run_id,
        fetched_at,
        payload_hash
    from {{ ref('stg_tiers_lieux__lieux') }}
)

select
    *,
    {{ place_id() }} as place_id
from listing
