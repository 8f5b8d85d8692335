-- Every distinct description of a place that any source gives.
select
    place_id,
    {{ place_text_id() }} as place_text_id,
    country_code,
    lau_given,
    postcode_given,
    municipality_given,
    province_given,
    latitude,
    longitude
from {{ ref('int_organisation_mention') }}

union

select
    place_id,
    {{ place_text_id() }} as place_text_id,
    country_code,
    lau_given,
    postcode_given,
    municipality_given,
    province_given,
    latitude,
    longitude
from {{ ref('int_tiers_lieux__third_place') }}
