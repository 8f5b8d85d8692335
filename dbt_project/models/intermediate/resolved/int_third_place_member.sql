{{ config(materialized='table', indexes=[{'columns': ['third_place_id']}]) }}

-- Listings with their third place and the rank in which they are believed, field by field: the listing last updated at
-- its source, then the one that says most, then the smallest key. A listing whose licence forbids passing it on helps to
-- recognise a place and gives nothing to the published row.
select
    cluster.third_place_id,
    cluster.link_method,
    listing.*,
    place.country_code as place_country_code,
    place.territory_code,
    place.lau_code,
    place.postcode,
    place.geocode_method_code,
    place.point_origin_code,
    place.latitude as point_latitude,
    place.longitude as point_longitude,
    operator.organisation_id,
    row_number() over (
        partition by cluster.third_place_id
        order by
            listing.source_updated_date desc nulls last,
            num_nonnulls(
                listing.description_text, listing.phone, listing.email, listing.website_url,
                listing.opening_hours_osm, listing.street_address, place.lau_code
            ) desc,
            listing.record_key collate "C"
    ) as member_rank
from {{ ref('int_third_place_cluster') }} as cluster
inner join {{ ref('int_tiers_lieux__third_place') }} as listing on cluster.record_key = listing.record_key
left join {{ ref('int_place') }} as place on listing.place_id = place.place_id
left join {{ ref('int_organisation_mention_record') }} as mention
    on mention.source_id = 'tiers_lieux' and listing.record_key = mention.record_key
left join {{ ref('int_organisation_member') }} as operator on mention.mention_id = operator.mention_id
where listing.is_publishable
