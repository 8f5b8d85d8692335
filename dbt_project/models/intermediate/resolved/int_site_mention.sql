{{ config(materialized='table', unlogged=True, indexes=[{'columns': ['mention_id'], 'unique': true}]) }}

-- The site each operating mention speaks of. A valid SIRET is a site; without one, the same organisation at the same
-- street of the same commune is, and it takes over the SIRET that another mention gives for that street.
with operator as (
    select
        member.mention_id,
        member.organisation_id,
        coalesce(member.territory_code, '') as territory_code,
        coalesce(street.street_key, '') as street_key
    from {{ ref('int_organisation_member') }} as member
    left join {{ ref('int_street') }} as street on member.street_given = street.street_given
    where member.role = 'operator'
),

siret as (
    select
        mention_id,
        min(identifier) as siret
    from {{ ref('int_organisation_identifier') }}
    where scheme = 'SIRET' and status = 'VALID'
    group by mention_id
),

siret_at_street as (
    select
        operator.organisation_id,
        operator.territory_code,
        operator.street_key,
        min(siret.siret) as siret
    from operator
    inner join siret on operator.mention_id = siret.mention_id
    where operator.street_key <> ''
    group by operator.organisation_id, operator.territory_code, operator.street_key
    having count(distinct siret.siret) = 1
)

select
    operator.mention_id,
    operator.organisation_id,
    coalesce(siret.siret, siret_at_street.siret) as siret,
    'site_' || md5(coalesce(
        'siret|' || coalesce(siret.siret, siret_at_street.siret),
        'place|' || operator.organisation_id || '|' || operator.territory_code || '|' || operator.street_key
    )) as site_id
from operator
left join siret on operator.mention_id = siret.mention_id
left join siret_at_street
    on
        operator.organisation_id = siret_at_street.organisation_id
        and operator.territory_code = siret_at_street.territory_code
        and operator.street_key = siret_at_street.street_key
