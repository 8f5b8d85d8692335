select
    partner_id,
    project_id,
    organisation_id,
    partner_name,
    partner_role_code,
    parent_partner_id,
    country_code,
    territory_code,
    cup_code,
    'synergie' as source_id,
    is_stale
from {{ ref('int_partner') }}
