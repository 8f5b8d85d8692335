{{ config(
    materialized='table', indexes=[{'columns': ['mention_id'], 'unique': true}],
    meta={'statistics': [
        'mention_id', 'place_id', 'source_id', 'role', 'name', 'country_code', 'activity_code_given', 'activity_revision_code'
    ]}
) }}

-- One row per distinct thing said about an organisation: ACTIF repeats the company on each of its flows.
-- `member_key` is the smallest record that says it, so it does not depend on the order of arrival.
with told as (
    select
        mention_id,
        min(source_id || '|' || record_key collate "C") collate "default" as member_key,
        max(updated_on) as updated_on,
        -- A company that ACTIF knows only through flows reserved to the chambers is not shown.
        bool_or(is_publishable) as is_publishable,
        count(*) as record_count
    from {{ ref('int_organisation_mention_record') }}
    group by mention_id
)

select distinct on (told.mention_id)
    told.mention_id,
    record.source_id,
    record.stream_name,
    record.role,
    record.name,
    record.site_name,
    record.country_code,
    record.business_id_given,
    record.tax_id_given,
    record.rea_given,
    record.activity_code_given,
    record.activity_revision_code,
    record.street_given,
    record.postcode_given,
    record.municipality_given,
    record.province_given,
    record.lau_given,
    record.place_id,
    record.latitude,
    record.longitude,
    record.phone_given,
    record.email_given,
    record.website_given,
    told.updated_on,
    told.is_publishable,
    told.record_count,
    told.member_key,
    -- What the record of the key itself may be named as, whatever the others may.
    record.is_publishable as is_key_publishable
from told
inner join {{ ref('int_organisation_mention_record') }} as record
    on told.mention_id = record.mention_id and told.member_key = record.source_id || '|' || record.record_key
-- Two streams of one source may number their records alike.
order by told.mention_id, record.stream_name
