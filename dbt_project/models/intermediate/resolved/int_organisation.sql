{{ config(materialized='table', indexes=[{'columns': ['organisation_id'], 'unique': true}]) }}

-- One row per organisation. Survivorship: for each field the first value in the order of belief
-- (int_organisation_member); nothing is overwritten, every statement stays in the members. Only statements that may be
-- shown take part: a name or a commune that ACTIF reserves to the chambers does not slip out through a merged row.
with personal as (
    select distinct mention_id
    from {{ ref('int_organisation_identifier') }}
    where is_personal
),

member as (
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
)

select
    organisation_id,
    (array_agg(name order by member_rank))[1] as organisation_name,
    coalesce(
        {{ survivor('country_code', 'member_rank') }}, {{ survivor('place_country_code', 'member_rank') }}, 'ZZ'
    ) as country_code,
    {{ survivor('legal_form_code', 'member_rank') }} as legal_form_code,
    bool_or(is_natural_person) as is_natural_person,
    {{ survivor('activity_code', 'member_rank') }} as activity_code,
    {{ survivor('territory_code', 'member_rank') }} as territory_code,
    {{ survivor('website_given', 'member_rank') }} as website_given,
    case
        when sum(record_count) = 1 then 'NONE'
        -- The weakest way in which a member hangs on the others.
        when bool_or(link_method = 'FUZZY') then 'FUZZY'
        when bool_or(link_method = 'EXACT') then 'EXACT'
        when bool_or(link_method = 'NAME_PLACE') then 'NAME_PLACE'
        when bool_or(link_method = 'CONTACT') then 'CONTACT'
        when bool_or(link_method = 'MANUAL') then 'MANUAL'
        else 'IDENTIFIER'
    end as match_method_code,
    cast(sum(record_count) as integer) as source_count,
    (array_agg(source_id order by member_rank))[1] as source_id,
    (array_agg(stream_name order by member_rank))[1] as stream_name,
    max(updated_on) as source_updated_date
from member
group by organisation_id
