-- Identifiers of published organisations. The codice fiscale of a natural person tells name, birthday and birthplace:
-- it is never published. A SIREN inside a valid SIRET or French VAT number is listed too, as derived.
with stated as (
    select
        member.organisation_id,
        identifier.scheme,
        identifier.value,
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
        case scheme when 'FR_VAT' then substr(value, 5, 9) else substr(value, 1, 9) end as value,
        status,
        true as is_derived,
        source_id,
        member_rank
    from stated
    where scheme in ('SIRET', 'FR_VAT') and status = 'VALID'
),

identifier as (
    select * from stated
    union all
    select * from derived
)

select distinct on (identifier.organisation_id, identifier.scheme, identifier.value)
    identifier.organisation_id,
    identifier.scheme as identifier_scheme_code,
    identifier.value as identifier,
    identifier.status as identifier_status_code,
    identifier.is_derived,
    identifier.source_id
from identifier
inner join {{ ref('int_organisation') }} as organisation on identifier.organisation_id = organisation.organisation_id
order by
    identifier.organisation_id, identifier.scheme, identifier.value, identifier.is_derived, identifier.member_rank
