{{ config(materialized='table', indexes=[{'columns': ['mention_id'], 'unique': true}]) }}

-- One row per distinct thing said about an organisation: ACTIF repeats the company on each of its flows.
-- `member_key` is the smallest record that says it, so it does not depend on the order of arrival.
select distinct on (mention_id)
    mention_id,
    source,
    role,
    name,
    {{ company_key('name', 'country_code') }} as name_key,
    site_name,
    country_code,
    business_id_given,
    tax_id_given,
    rea_given,
    activity_code_given,
    activity_scheme,
    street,
    postcode_given,
    municipality_given,
    province_given,
    lau_given,
    place_id,
    latitude,
    longitude,
    phone_given,
    email_given,
    website_given,
    updated_on,
    source || '|' || record_key as member_key
from {{ ref('int_organisation_mention_record') }}
order by mention_id, source || '|' || record_key collate "C"
