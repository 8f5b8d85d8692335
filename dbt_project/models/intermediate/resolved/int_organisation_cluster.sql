{{ config(materialized='table', indexes=[{'columns': ['mention_id'], 'unique': true}, {'columns': ['organisation_id']}]) }}

-- Which mentions are one organisation. Exact identifiers first: mentions that share a valid SIREN, partita IVA,
-- codice fiscale or VAT number, also through a third mention
-- that carries two of them. Then, for mentions without
-- any, the same name (legal form aside) in the same commune, provided it points to one organisation only: a missing
-- identifier is neutral, two different valid ones keep homonyms apart.
--
-- The id hashes the smallest identity key of the cluster, or the smallest record key where nobody carries an
-- identifier: it depends neither on the order of arrival nor on how names are cleaned, and a new record about
-- an identified organisation does not change it.
with recursive mention as (
    select
        mention.mention_id,
        mention.member_key,
        mention.country_code,
        company_name.name_key,
        place.lau_code
    from {{ ref('int_organisation_mention') }} as mention
    left join {{ ref('int_company_name') }} as company_name
        on mention.name = company_name.name and coalesce(mention.country_code, 'ZZ') = company_name.country_code
    left join {{ ref('int_place') }} as place on mention.place_id = place.place_id
),

key_of_mention as (
    select distinct
        mention_id,
        identity_key
    from {{ ref('int_organisation_identifier') }}
    where identity_key is not null
),

edge as (
    select distinct
        left_key.identity_key as from_key,
        right_key.identity_key as to_key
    from key_of_mention as left_key
    inner join key_of_mention as right_key on left_key.mention_id = right_key.mention_id
    where left_key.identity_key <> right_key.identity_key
),

reachable as (
    select
        from_key as start_key,
        from_key as node
    from edge
    union
    select
        reachable.start_key,
        edge.to_key as node
    from reachable
    inner join edge on reachable.node = edge.from_key
),

component as (
    select
        start_key as identity_key,
        min(node collate "C") as component_key
    from reachable
    group by start_key
),

identified as (
    select
        key_of_mention.mention_id,
        min(coalesce(component.component_key, key_of_mention.identity_key) collate "C") as component_key
    from key_of_mention
    left join component on key_of_mention.identity_key = component.identity_key
    group by key_of_mention.mention_id
),

-- Names that stand for exactly one identified organisation in a commune.
unambiguous_name as (
    select
        mention.country_code,
        mention.name_key,
        mention.lau_code,
        min(identified.component_key collate "C") as component_key
    from mention
    inner join identified on mention.mention_id = identified.mention_id
    where mention.lau_code is not null and mention.name_key is not null
    group by mention.country_code, mention.name_key, mention.lau_code
    having count(distinct identified.component_key) = 1
),

grouped as (
    select
        mention.mention_id,
        mention.member_key,
        coalesce(identified.component_key, unambiguous_name.component_key) as component_key,
        coalesce(
            'id|' || identified.component_key,
            'id|' || unambiguous_name.component_key,
            'name|' || {{ hash_of(['mention.country_code', 'mention.name_key', 'mention.lau_code']) }}
        ) as group_key,
        case
            when identified.component_key is not null then 'IDENTIFIER'
            when unambiguous_name.component_key is not null then 'NAME_PLACE'
            when mention.lau_code is not null then 'NAME_PLACE'
            else 'EXACT'
        end as link_method
    from mention
    left join identified on mention.mention_id = identified.mention_id
    left join unambiguous_name
        on
            identified.component_key is null
            and mention.name_key = unambiguous_name.name_key
            and mention.lau_code = unambiguous_name.lau_code
            and mention.country_code is not distinct from unambiguous_name.country_code
),

basis as (
    select
        *,
        coalesce(
            'id|' || component_key,
            'member|' || min(member_key collate "C") over (partition by group_key)
        ) as organisation_basis
    from grouped
)

select
    mention_id,
    'org_' || md5(organisation_basis) as organisation_id,
    organisation_basis,
    link_method
from basis
