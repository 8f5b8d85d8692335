{{ config(
    materialized='table', unlogged=True, indexes=[{'columns': ['organisation_id']}],
    meta={'statistics': ['organisation_id', 'mention_id', 'source_id', 'stream_name']}
) }}

-- What may be shown of what is said about organisations, with legal form, activity and whether the body is a person. A
-- name or a commune that ACTIF reserves to the chambers does not slip out through a merged row.
with personal as (
    select distinct mention_id
    from {{ ref('int_organisation_identifier') }}
    where is_personal
)

select
    member.*,
    legal_form.legal_form_code,
    activity.activity_code,
    -- A sole trader: a personal tax code, a legal form that is a person, or a firm named after its owner
    -- ("Falegnameria Alpina di Rossi Mario").
    personal.mention_id is not null
    or coalesce(legal_form.legal_form_code = 'SOLE_TRADER', false)
    or (
        legal_form.legal_form_code is null
        and coalesce(member.country_code = 'IT', false)
        and member.name ~* '\mdi\s+[[:alpha:]''’]+\s+[[:alpha:]''’]+\s*(\([^)]*\))?$'
    ) as is_natural_person
from {{ ref('int_organisation_member') }} as member
left join personal on member.mention_id = personal.mention_id
left join {{ ref('int_company_name') }} as legal_form
    on member.name = legal_form.name and coalesce(member.country_code, 'ZZ') = legal_form.country_code
left join {{ ref('int_activity_code') }} as activity
    on
        member.activity_code_given = activity.code_given
        and member.activity_revision_code = activity.activity_revision_code
        -- The register states the activity of a process, not of the company.
        and member.source_id <> 'elenco_sottoprodotti'
where member.is_publishable
