{{ config(materialized='table', indexes=[{'columns': ['record_key'], 'unique': true}, {'columns': ['third_place_id']}]) }}

-- Which listings are one third place, as the matching step decided (docs/explanation/harmonisation.md). A listing that
-- it did not see stands alone. The id hashes the smallest record key of the cluster: the order of arrival does not
-- matter.
select
    listing.record_key,
    'tp_' || md5(coalesce(matched.third_place_basis, listing.source_id || '|' || listing.record_key)) as third_place_id,
    coalesce(matched.match_method_code, 'NONE') as link_method,
    matched.match_score as link_score
from {{ ref('int_tiers_lieux__third_place') }} as listing
left join {{ source('matching', 'third_place_match') }} as matched on listing.record_key = matched.record_key
