{{ config(materialized='table') }}

-- Financing plan by partner, and by cost category, work package and year with the method of the application form. The
-- partner's own line of the plan has no category. Of several versions of a plan the one in the newest file counts, and
-- of those in one file the one with the highest number; `is_counted` tells.
with poste as (
    select
        given.*,
        {{ normalise_text('given.projet') }} as project_key,
        {{ normalise_text('given.partenaire') }} as partner_key,
        coalesce(given.version, '') as version_key,
        cast(substring(given.version from '[0-9]{1,9}') as integer) as version_number
    from {{ ref('stg_synergie__postes') }} as given
),

version as (
    select
        project_key,
        partner_key,
        version_key,
        row_number() over (
            partition by project_key, partner_key
            order by max(fetched_at) desc, max(version_number) desc nulls last, version_key desc
        ) as age
    from poste
    group by project_key, partner_key, version_key
)

select
    poste.record_key,
    partner.project_id,
    partner.partner_id,
    partner.partner_role_code,
    categorie.code as cost_category_code,
    poste.categorie as cost_category_text,
    methode.code as cost_method_code,
    substring(poste.code_wp from '[0-9]+') as work_package_code,
    cast(substring(poste.annee from '(?:19|20)[0-9]{2}') as integer) as budget_year,
    poste.version as budget_version,
    version.age = 1 as is_counted,
    case when upper(poste.devise) = 'EUR' then poste.montant_total end as amount_budget_eur,
    cast(null as numeric) as amount_erdf_eur,
    cast(null as numeric) as amount_national_public_eur,
    cast(null as numeric) as amount_self_financing_eur,
    cast(null as numeric) as erdf_rate_pct,
    poste.montant_total as amount_budget_given,
    upper(poste.devise) as currency_code,
    'CATEGORY' as budget_level_code,
    'postes' as stream_name,
    poste.montant_ambigu as has_ambiguous_amount,
    poste.lectures_alternatives as other_readings,
    poste.fichier as source_file_name,
    poste.feuille as source_sheet_name,
    poste.ligne as source_row_number
from poste
inner join version
    on
        poste.project_key = version.project_key
        and poste.partner_key = version.partner_key
        and poste.version_key = version.version_key
inner join {{ ref('int_partner') }} as partner
    on poste.project_key = partner.project_key and poste.partner_key = partner.partner_key
left join {{ ref('_map_synergie__categorie') }} as categorie
    on {{ normalise_text('poste.categorie') }} = categorie.source_value
left join {{ ref('_map_synergie__methode') }} as methode
    on {{ normalise_text('poste.methode') }} = methode.source_value

union all

select
    budget.record_key,
    partner.project_id,
    partner.partner_id,
    partner.partner_role_code,
    cast(null as text) as cost_category_code,
    cast(null as text) as cost_category_text,
    cast(null as text) as cost_method_code,
    cast(null as text) as work_package_code,
    cast(null as integer) as budget_year,
    cast(null as text) as budget_version,
    true as is_counted,
    budget.amount_budget_eur,
    budget.amount_erdf_eur,
    budget.amount_national_public_eur,
    budget.amount_self_financing_eur,
    budget.erdf_rate_pct,
    budget.amount_budget_given,
    budget.currency_code,
    'PARTNER' as budget_level_code,
    'budgets' as stream_name,
    plan.montant_ambigu as has_ambiguous_amount,
    plan.lectures_alternatives as other_readings,
    plan.fichier as source_file_name,
    plan.feuille as source_sheet_name,
    plan.ligne as source_row_number
from {{ ref('int_synergie__budget') }} as budget
inner join {{ ref('int_partner') }} as partner
    on budget.project_key = partner.project_key and budget.partner_key = partner.partner_key
inner join {{ ref('stg_synergie__budgets') }} as plan on budget.record_key = plan.record_key
