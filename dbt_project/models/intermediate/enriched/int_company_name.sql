{{ config(
    materialized='incremental', indexes=[{'columns': ['name', 'country_code'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('int_company_name_given'), ['name', 'country_code']) }}"
) }}

-- Each distinct company name once: its legal form, looked up in the country of the company only (Italian "S.a.s." is a
-- limited partnership, French "SAS" a simplified company), and the name without it as a key. Words that make a public
-- body what it is (commune, province, chamber) stay in the key: "Comune di Cuneo" is not "Provincia di Cuneo". A remark
-- in brackets is not part of the name.
with company as (
    select
        given.name,
        given.country_code,
        btrim(regexp_replace(given.name, '\s*\([^)]*\)', ' ', 'g')) as bare_name
    from {{ ref('int_company_name_given') }} as given
    where {{ is_not_kept('given', ['name', 'country_code']) }}
),

pattern as (
    select
        pattern.country_code,
        pattern.priority,
        pattern.pattern,
        form.legal_form_group,
        not form.is_public and form.legal_form_group not in ('ASSOCIATION', 'FOUNDATION') as is_stripped
    from {{ ref('legal_form_pattern') }} as pattern
    inner join {{ ref('legal_form') }} as form on pattern.legal_form_code = form.legal_form_code
),

stripper as (
    select
        country_code,
        string_agg('(?:' || pattern || ')', '|' order by priority) as pattern
    from pattern
    where is_stripped
    group by country_code
),

-- One pattern at a time over all names (the offset keeps it so): PostgreSQL remembers 32 compiled expressions, and names
-- taken one by one through seventy patterns would compile each of them again for every name.
matched as (
    select
        hit.name,
        pattern.country_code,
        pattern.priority,
        pattern.legal_form_group
    from pattern
    cross join lateral (
        select company.name
        from company
        where company.country_code = pattern.country_code and company.bare_name ~* pattern.pattern
        order by company.name
        offset 0
    ) as hit
),

recognised as (
    select distinct on (name, country_code)
        name,
        country_code,
        legal_form_group
    from matched
    order by name, country_code, priority
),

stripped as (
    select
        company.name,
        company.country_code,
        company.bare_name,
        regexp_replace(company.bare_name, stripper.pattern, ' ', 'gi') as core_name
    from company
    left join stripper on company.country_code = stripper.country_code
)

select
    stripped.name,
    stripped.country_code,
    recognised.legal_form_group as legal_form_code,
    -- "Rossi & Figli" is written "Rossi e Figli" as well.
    coalesce(
        {{ without_and('stripped.core_name') }}, {{ normalise_text('stripped.bare_name') }},
        {{ normalise_text('stripped.name') }}
    ) as name_key
from stripped
left join recognised on stripped.name = recognised.name and stripped.country_code = recognised.country_code
