{{ config(materialized='table', indexes=[{'columns': ['record_key'], 'unique': true}, {'columns': ['third_place_id']}]) }}

-- Which listings are one third place. The same name (accents, signs and small words aside) and either the same commune,
-- or points near each other (`same_third_place_km`), or a mail domain of their own in common; or, in one commune, names
-- of one kind whose distinctive part is spelt nearly alike (`same_third_place_spelling`: share of common letter
-- triples). A missing point is no evidence either way; two streets that differ, with points of their own some hundred
-- metres apart, are two houses of one chain (`same_house_km`).
--
-- The id hashes the smallest record key of the cluster: the order of arrival does not matter.
with recursive listing as (
    select
        listing.record_key,
        listing.source_id || '|' || listing.record_key as member_key,
        listing.name_key,
        -- The name of the commune tells no two places of it apart.
        replace(
            replace(replace(
                listing.name_core,
                coalesce({{ place_name_key('lau.name_official') }}, ' '), ''
            ),
            coalesce({{ place_name_key('lau.name_fr') }}, ' '), ''),
            coalesce({{ place_name_key('lau.name_it') }}, ' '), ''
        ) as name_core,
        listing.name_kinds,
        place.country_code,
        place.lau_code,
        place.latitude,
        place.longitude,
        coalesce(place.point_origin_code = 'MUNICIPALITY_CENTRE', true) as is_commune_seat,
        {{ street_key('listing.street_address') }} as street_key,
        listing.email_domains
    from {{ ref('int_tiers_lieux__third_place') }} as listing
    left join {{ ref('int_place') }} as place on listing.place_id = place.place_id
    left join {{ ref('territory_lau') }} as lau on place.lau_code = lau.lau_code and place.country_code = lau.country_code
),

comparison as (
    -- Namesakes anywhere, and every two places of one commune whose names are of one kind and distinctive enough.
    select
        one.record_key as from_key,
        other.record_key as to_key,
        one.name_key = other.name_key as is_same_name,
        coalesce(one.country_code = other.country_code and one.lau_code = other.lau_code, false) as is_same_commune,
        not one.is_commune_seat and not other.is_commune_seat as has_points,
        {{ haversine_km('one.latitude', 'one.longitude', 'other.latitude', 'other.longitude') }} as distance_km,
        one.email_domains && other.email_domains as shares_mail_domain,
        one.email_domains,
        other.email_domains as other_email_domains,
        one.street_key,
        other.street_key as other_street_key,
        one.name_core,
        other.name_core as other_name_core
    from listing as one
    inner join listing as other on one.name_key = other.name_key and one.record_key <> other.record_key

    union all

    select
        one.record_key as from_key,
        other.record_key as to_key,
        false as is_same_name,
        true as is_same_commune,
        not one.is_commune_seat and not other.is_commune_seat as has_points,
        {{ haversine_km('one.latitude', 'one.longitude', 'other.latitude', 'other.longitude') }} as distance_km,
        false as shares_mail_domain,
        one.email_domains,
        other.email_domains as other_email_domains,
        one.street_key,
        other.street_key as other_street_key,
        one.name_core,
        other.name_core as other_name_core
    from listing as one
    inner join listing as other
        on
            one.country_code = other.country_code
            and one.lau_code = other.lau_code
            and one.record_key <> other.record_key
            and one.name_key <> other.name_key
            and one.name_kinds = other.name_kinds
    where
        length(one.name_core) >= 6
        and length(other.name_core) >= 6
        and abs(length(one.name_core) - length(other.name_core)) <= 4
        and {{ text_similarity('one.name_core', 'other.name_core') }} >= {{ var('same_third_place_spelling') }}
),

pair as (
    select
        from_key,
        to_key,
        case
            when not is_same_name then 'FUZZY'
            when is_same_commune or (has_points and distance_km <= {{ var('same_third_place_km') }}) then 'NAME_PLACE'
            else 'CONTACT'
        end as method
    from comparison
    where
        (
            is_same_commune
            or (has_points and distance_km <= {{ var('same_third_place_km') }})
            or (
                shares_mail_domain
                and exists (
                    select shared.domain_name
                    from unnest(email_domains) as shared (domain_name)
                    where
                        shared.domain_name = any(other_email_domains)
                        and not {{ is_public_mail_domain('shared.domain_name') }}
                )
            )
        )
        and not coalesce(
            has_points
            and distance_km > {{ var('same_house_km') }}
            and {{ text_similarity('street_key', 'other_street_key') }} < 0.5,
            false
        )
),

reachable as (
    select
        from_key as start_key,
        from_key as node
    from pair
    union
    select
        reachable.start_key,
        pair.to_key as node
    from reachable
    inner join pair on reachable.node = pair.from_key
),

component as (
    select
        reachable.start_key as record_key,
        min(member.member_key collate "C") as first_member_key
    from reachable
    inner join listing as member on reachable.node = member.record_key
    group by reachable.start_key
),

link as (
    -- The weakest way in which a listing hangs on the others.
    select
        from_key as record_key,
        (array_agg(method order by case method when 'FUZZY' then 1 when 'CONTACT' then 2 else 3 end))[1] as method
    from pair
    group by from_key
)

select
    listing.record_key,
    'tp_' || md5(coalesce(component.first_member_key, listing.member_key)) as third_place_id,
    coalesce(link.method, 'NONE') as link_method
from listing
left join component on listing.record_key = component.record_key
left join link on listing.record_key = link.record_key
