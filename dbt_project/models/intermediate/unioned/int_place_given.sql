-- Every distinct description of a place that any source gives.
select distinct
    place_id,
    country_code,
    lau_given,
    postcode_given,
    municipality_given,
    province_given,
    latitude,
    longitude
from {{ ref('int_organisation_mention_record') }}

union

select distinct
    place_id,
    country_code,
    lau_given,
    postcode_given,
    municipality_given,
    province_given,
    latitude,
    longitude
from {{ ref('int_tiers_lieux__third_place') }}
