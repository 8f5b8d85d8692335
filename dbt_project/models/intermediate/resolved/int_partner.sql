{{ config(materialized='table') }}

-- One row per project and participating body. A body that is beneficiary in one line and delegate in another keeps its
-- strongest role; only a pure delegate has a parent. The Italian unique project code must be one per partner: where
-- the files give several, none is published.
select
    'ptn_' || md5('synergie|' || participation.project_key || '|' || participation.partner_key) as partner_id,
    'prj_' || md5('synergie|' || participation.project_key) as project_id,
    participation.project_key,
    participation.partner_key,
    min(participation.partner_name) as partner_name,
    case
        when bool_or(participation.role_code = 'LEAD') then 'LEAD'
        when bool_or(participation.role_code = 'OUTSIDE_ERDF') then 'OUTSIDE_ERDF'
        when bool_and(participation.role_code = 'DELEGATE') then 'DELEGATE'
        else 'PARTNER'
    end as partner_role_code,
    case
        when bool_and(participation.role_code = 'DELEGATE')
            then 'ptn_' || md5('synergie|' || participation.project_key || '|' || min(participation.parent_partner_key))
    end as parent_partner_id,
    max(participation.country_code) as country_code,
    case
        when count(distinct {{ alphanumeric('participation.cup_given') }}) = 1
            then max(substring({{ alphanumeric('participation.cup_given') }} from '^[A-Z0-9]{15}$'))
    end as cup_code,
    min(member.organisation_id) as organisation_id,
    min(member.territory_code) as territory_code,
    bool_or(status.is_stale) as is_stale
from {{ ref('int_synergie__participation') }} as participation
inner join {{ ref('int_source_status') }} as status
    on participation.source_id = status.source_id and participation.stream_name = status.stream_name
left join {{ ref('int_organisation_mention_record') }} as mention
    on
        participation.source_id = mention.source_id
        and participation.stream_name = mention.stream_name
        and participation.record_key = mention.record_key
        and 'partner:' || participation.partner_key = mention.role
left join {{ ref('int_organisation_member') }} as member on mention.mention_id = member.mention_id
group by participation.project_key, participation.partner_key
