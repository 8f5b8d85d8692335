select
    organisation.organisation_id,
    {{ public_organisation_name(
        'organisation.organisation_name', 'organisation.is_natural_person', 'organisation.organisation_id'
    ) }} as organisation_name,
    organisation.country_code,
    organisation.legal_form_code,
    organisation.is_natural_person,
    organisation.activity_code,
    organisation.territory_code,
    case
        when not organisation.is_natural_person then {{ website_url('organisation.website_given') }}
    end as website_url,
    organisation.match_method_code,
    organisation.source_count,
    organisation.source_id,
    organisation.source_updated_date,
    status.is_stale
from {{ ref('int_organisation') }} as organisation
inner join {{ ref('int_source_status') }} as status
    on organisation.source_id = status.source_id and organisation.stream_name = status.stream_name
