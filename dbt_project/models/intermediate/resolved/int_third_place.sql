{{ config(materialized='table', indexes=[{'columns': ['third_place_id'], 'unique': true}]) }}

-- One row per third place. For each field the first value in the order of belief (int_third_place_member); which listing
-- gave it stands in field_source.
with member as (
    select *
    from {{ ref('int_third_place_member') }}
),

located as (
    -- Territory, point and method belong together: all from the best located listing, a point of its own first.
    select
        *,
        row_number() over (
            partition by third_place_id
            order by
                lau_code is null,
                coalesce(point_origin_code, '') <> 'SOURCE',
                member_rank
        ) as location_rank
    from member
),

type_of_place as (
    select
        member.third_place_id,
        token.code,
        min(token.rank) as rank
    from {{ ref('int_tiers_lieux__type') }} as token
    inner join member on token.record_key = member.record_key
    where token.code is not null
    group by member.third_place_id, token.code
),

types as (
    select
        third_place_id,
        array_agg(code order by rank, code) as codes
    from type_of_place
    group by third_place_id
),

terms as (
    select
        member.third_place_id,
        array_agg(distinct given.term order by given.term) as terms
    from member
    cross join lateral unnest(member.types) as given (term)
    group by member.third_place_id
),

survived as (
    select
        third_place_id,
        (array_agg(name order by member_rank))[1] as third_place_name,
        {{ survivor('organisation_id', 'member_rank') }} as organisation_id,
        {{ survivor('operator_name', 'member_rank') }} as operator_name,
        {{ survivor('description_text', 'member_rank') }} as description_text,
        {{ survivor('language_code', 'member_rank') }} as language_code,
        coalesce({{ survivor("nullif(statut, 'unknown')", 'member_rank') }}, 'unknown') as statut,
        {{ survivor('street_address', 'member_rank') }} as street_address,
        {{ survivor('postcode', 'member_rank') }} as postcode,
        {{ survivor('municipality_given', 'member_rank') }} as locality_name,
        coalesce(
            {{ survivor('place_country_code', 'member_rank') }}, {{ survivor('country_code', 'member_rank') }}, 'ZZ'
        ) as country_code,
        {{ survivor('opening_hours_osm', 'member_rank') }} as opening_hours_osm,
        {{ survivor('opening_hours_text', 'member_rank') }} as opening_hours_text,
        {{ survivor('phone', 'member_rank') }} as phone,
        {{ survivor('email', 'member_rank') }} as email,
        {{ survivor('website_url', 'member_rank') }} as website_url,
        {{ survivor('opening_year', 'member_rank') }} as opening_year,
        (array_agg(licence_text order by member_rank))[1] as licence_text,
        string_agg(distinct attribution_text, ' · ' order by attribution_text) as attribution_text,
        case
            when count(*) = 1 then 'NONE'
            when bool_or(link_method = 'FUZZY') then 'FUZZY'
            when bool_or(link_method = 'CONTACT') then 'CONTACT'
            when bool_or(link_method = 'MANUAL') then 'MANUAL'
            else 'NAME_PLACE'
        end as match_method_code,
        cast(count(*) as integer) as source_count,
        (array_agg(source_id order by member_rank))[1] as source_id,
        (array_agg(source_record_key order by member_rank))[1] as source_record_key,
        {{ survivor('source_url', 'member_rank') }} as source_url,
        max(source_updated_date) as source_updated_date
    from member
    group by third_place_id
)

select
    survived.*,
    located.territory_code,
    located.point_latitude as latitude,
    located.point_longitude as longitude,
    located.point_origin_code,
    coalesce(located.geocode_method_code, 'NONE') as geocode_method_code,
    coalesce(types.codes, cast(array['OTHER'] as text[])) as third_place_type_codes,
    terms.terms as third_place_type_texts
from survived
inner join located on survived.third_place_id = located.third_place_id and located.location_rank = 1
left join types on survived.third_place_id = types.third_place_id
left join terms on survived.third_place_id = terms.third_place_id
