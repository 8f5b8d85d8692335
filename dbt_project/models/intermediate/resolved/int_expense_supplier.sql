{{ config(materialized='table') }}

-- Organisation behind the supplier of an expense line, where its official number tells it.
select
    mention.record_key,
    organisation.organisation_id,
    organisation.is_natural_person
from {{ ref('int_organisation_mention_record') }} as mention
inner join {{ ref('int_organisation_member') }} as member on mention.mention_id = member.mention_id
inner join {{ ref('int_organisation') }} as organisation on member.organisation_id = organisation.organisation_id
where mention.source_id = 'synergie' and mention.stream_name = 'depenses' and mention.role = 'supplier'
