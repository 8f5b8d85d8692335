{{ config(materialized='table', indexes=[{'columns': ['organisation_id'], 'unique': true}]) }}

-- One row per organisation. Survivorship: for each field the first value in the order of belief
-- (int_organisation_member); nothing is overwritten, every statement stays in the members, and which record gave a value
-- stands in field_source.
select
    organisation_id,
    (array_agg(name order by member_rank))[1] as organisation_name,
    coalesce(
        {{ survivor('country_code', 'member_rank') }}, {{ survivor('place_country_code', 'member_rank') }}, 'ZZ'
    ) as country_code,
    {{ survivor('legal_form_code', 'member_rank') }} as legal_form_code,
    bool_or(is_natural_person) as is_natural_person,
    {{ survivor('activity_code', 'member_rank') }} as activity_code,
    {{ survivor('territory_code', 'member_rank') }} as territory_code,
    {{ survivor('website_given', 'member_rank') }} as website_given,
    case
        when sum(record_count) = 1 then 'NONE'
        -- The weakest way in which a member hangs on the others.
        when bool_or(link_method = 'FUZZY') then 'FUZZY'
        when bool_or(link_method = 'EXACT') then 'EXACT'
        when bool_or(link_method = 'NAME_PLACE') then 'NAME_PLACE'
        when bool_or(link_method = 'CONTACT') then 'CONTACT'
        when bool_or(link_method = 'MANUAL') then 'MANUAL'
        else 'IDENTIFIER'
    end as match_method_code,
    cast(sum(record_count) as integer) as source_count,
    (array_agg(source_id order by member_rank))[1] as source_id,
    (array_agg(stream_name order by member_rank))[1] as stream_name,
    max(updated_on) as source_updated_date
from {{ ref('int_organisation_publishable_member') }}
group by organisation_id
