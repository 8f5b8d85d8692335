select
    organisation.organisation_id,
    organisation.organisation_name,
    organisation.country_code,
    organisation.legal_form_code,
    organisation.activity_code,
    activity.activity_name_fr,
    activity.activity_name_it,
    activity.activity_name_en,
    activity.nace_division_code,
    coalesce(organisation.territory_code, 'UNKNOWN') as territory_code,
    exists(
        select 1 from {{ ref('flow') }} as flow
        where flow.organisation_id = organisation.organisation_id
    ) as has_flow,
    exists(
        select 1 from {{ ref('third_place') }} as place
        where place.organisation_id = organisation.organisation_id
    ) as has_third_place,
    exists(
        select 1 from {{ ref('partner') }} as partner
        where partner.organisation_id = organisation.organisation_id
    ) as has_project,
    organisation.is_natural_person,
    organisation.is_stale
from {{ ref('organisation') }} as organisation
left join {{ ref('activity') }} as activity on organisation.activity_code = activity.activity_code

union all

select
    'UNKNOWN' as organisation_id,
    'Inconnue · Sconosciuta · Unknown' as organisation_name,
    'ZZ' as country_code,
    null as legal_form_code,
    null as activity_code,
    null as activity_name_fr,
    null as activity_name_it,
    null as activity_name_en,
    null as nace_division_code,
    'UNKNOWN' as territory_code,
    false as has_flow,
    false as has_third_place,
    false as has_project,
    false as is_natural_person,
    false as is_stale
