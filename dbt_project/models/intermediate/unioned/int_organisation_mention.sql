{{ config(materialized='table', indexes=[{'columns': ['mention_id'], 'unique': true}]) }}

-- One row per distinct thing said about an organisation: ACTIF repeats the company on each of its flows.
-- `member_key` is the smallest record that says it, so it does not depend on the order of arrival.
select distinct on (mention_id)
    mention_id,
    source_id,
    stream_name,
    role,
    name,
    site_name,
    country_code,
    business_id_given,
    tax_id_given,
    rea_given,
    activity_code_given,
    activity_revision_code,
    street_given,
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
    max(updated_on) over (partition by mention_id) as updated_on,
    -- A company that ACTIF knows only through flows reserved to the chambers is not shown.
    bool_or(is_publishable) over (partition by mention_id) as is_publishable,
    count(*) over (partition by mention_id) as record_count,
    source_id || '|' || record_key as member_key
from {{ ref('int_organisation_mention_record') }}
order by mention_id, source_id || '|' || record_key collate "C"
