{{ config(materialized='table', indexes=[{'columns': ['name', 'country_code'], 'unique': true}]) }}

-- Legal form that a name carries, looked up in the country of the company only.
with company as (
    select distinct
        name,
        country_code,
        ' ' || {{ normalise_text('name') }} || ' ' as name_words
    from {{ ref('int_organisation_mention') }}
    where country_code in ('FR', 'IT')
)

select distinct on (company.name, company.country_code)
    company.name,
    company.country_code,
    form.code as legal_form_code
from company
inner join {{ ref('_map_legal_form') }} as form
    on company.country_code = form.country_code and company.name_words ~ (' (' || form.pattern || ') ')
order by company.name, company.country_code, form.rank
