{{ config(materialized='table', indexes=[{'columns': ['mention_id'], 'unique': true}, {'columns': ['organisation_id']}]) }}

-- Which mentions are one organisation, as the matching step decided (docs/explanation/harmonisation.md). A mention that
-- it did not see stands alone.
--
-- The id hashes the smallest official number of the cluster, or the smallest record key where nobody carries a number:
-- it depends neither on the order of arrival nor on how names are cleaned, and a new record about an identified
-- organisation does not change it.
with basis as (
    select
        mention.mention_id,
        coalesce(matched.organisation_basis, 'member|' || mention.member_key) as organisation_basis,
        coalesce(matched.match_method_code, 'NONE') as link_method,
        matched.match_score as link_score,
        coalesce(matched.is_foreign_seat, false) as is_foreign_seat
    from {{ ref('int_organisation_mention') }} as mention
    left join {{ source('matching', 'organisation_match') }} as matched on mention.mention_id = matched.mention_id
)

select
    mention_id,
    'org_' || md5(organisation_basis) as organisation_id,
    organisation_basis,
    link_method,
    link_score,
    is_foreign_seat
from basis
