{{ config(severity='error', meta={'owner': 'data-protection'}, tags=['release']) }}

-- The documented rule of what stays inside, looked at from the outside: personal tax codes, names of sole traders, homes
-- of sole traders, names on sensitive expense lines, personal mail addresses, flows that their source keeps closed.
select
    'personal tax code' as finding,
    organisation_id as entity_id
from {{ ref('organisation_identifier') }}
where identifier ~ '^[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z]'

union all

select
    'name of a sole trader' as finding,
    organisation_id as entity_id
from {{ ref('organisation') }}
where is_natural_person and (organisation_name not like 'Entreprise individuelle ·%' or website_url is not null)

union all

select
    'home of a sole trader' as finding,
    site.site_id as entity_id
from {{ ref('site') }} as site
inner join {{ ref('organisation') }} as organisation on site.organisation_id = organisation.organisation_id
where
    organisation.is_natural_person
    and (site.street_address is not null or site.latitude is not null or site.site_name is not null)

union all

select
    'name on a sensitive line' as finding,
    expense_id as entity_id
from {{ ref('expense') }}
where
    is_sensitive
    and num_nonnulls(supplier_name, supplier_organisation_id, invoice_number, expense_text, rejection_reason_text) > 0

union all

select
    'personal mail address' as finding,
    third_place_id as entity_id
from {{ ref('third_place') }}
where email is not null and not {{ is_role_email('email') }}

union all

select
    'mail address in a text' as finding,
    third_place_id as entity_id
from {{ ref('third_place') }}
where description_text ~ '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}'

union all

select
    'closed flow' as finding,
    flow_id as entity_id
from {{ ref('flow') }}
where confidentiality_code <> 'PUBLIC'

union all

select
    'closed flow of ACTIF' as finding,
    flow.flow_id as entity_id
from {{ ref('flow') }} as flow
inner join {{ ref('stg_actif__flux') }} as flux on flow.source_id = 'actif' and flow.source_record_key = flux.record_key
where flux.confidentialite <> 'public'
