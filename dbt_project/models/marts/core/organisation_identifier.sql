-- Identifiers of published organisations. The codice fiscale of a natural person tells name, birthday and birthplace:
-- it is never published. A SIREN inside a valid SIRET or French VAT number is listed too, as derived.
with stated as (
    select
        member.organisation_id,
        identifier.scheme,
        identifier.identifier,
        identifier.status,
        false as is_derived,
        member.source_id,
        member.member_rank
    from {{ ref('int_organisation_identifier') }} as identifier
    inner join {{ ref('int_organisation_member') }} as member on identifier.mention_id = member.mention_id
    where member.is_publishable and not identifier.is_personal
),

derived as (
    select
        organisation_id,
        'SIREN' as scheme,
        case scheme when 'FR_VAT' then substr(identifier, 5, 9) else substr(identifier, 1, 9) end as identifier,
        status,
        true as is_derived,
        source_id,
        member_rank
    from stated
    where scheme in ('SIRET', 'FR_VAT') and status = 'VALID'
),

listed as (
    select * from stated
    union all
    select * from derived
)

select distinct on (listed.organisation_id, listed.scheme, listed.identifier)
    listed.organisation_id,
    listed.scheme as identifier_scheme_code,
    listed.identifier,
    listed.status as identifier_status_code,
    listed.is_derived,
    listed.source_id
from listed
inner join {{ ref('int_organisation') }} as organisation on listed.organisation_id = organisation.organisation_id
order by
    listed.organisation_id, listed.scheme, listed.identifier, listed.is_derived, listed.member_rank
