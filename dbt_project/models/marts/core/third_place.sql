with organisation as (
    -- Only organisations that are published may be pointed at.
    select organisation_id from {{ ref('organisation') }}
)

select
    place.third_place_id,
    place.third_place_name,
    organisation.organisation_id,
    place.operator_name,
    place.third_place_type_codes[1] as third_place_type_code,
    place.third_place_type_codes,
    place.third_place_type_texts,
    {{ redact_contacts('place.description_text') }} as description_text,
    case
        when place.description_text is null then null
        when left(lower(place.language_code), 2) in ('fr', 'it', 'en', 'de') then left(lower(place.language_code), 2)
        else 'und'
    end as language_code,
    upper(place.statut) as place_status_code,
    place.street_address,
    place.postcode,
    place.locality_name,
    place.country_code,
    place.territory_code,
    place.latitude,
    place.longitude,
    place.point_origin_code,
    place.geocode_method_code,
    place.opening_hours_osm,
    place.opening_hours_text,
    place.phone,
    place.email,
    place.website_url,
    place.opening_year,
    place.licence_text,
    place.attribution_text,
    place.match_method_code,
    place.source_count,
    place.source_id,
    place.source_record_key,
    place.source_url,
    place.source_updated_date,
    status.is_stale
from {{ ref('int_third_place') }} as place
inner join {{ ref('int_source_status') }} as status
    on status.source_id = 'tiers_lieux' and status.stream_name = 'lieux'
left join organisation on place.organisation_id = organisation.organisation_id
