{{ config(materialized='table') }}

-- Every statement that a body takes part in a project: beneficiaries and delegated bodies of expense lines, partners
-- of financing plans. The key of a project is its code; a plan that names it by its acronym finds the code here.
with named as (
    select
        depense.record_key,
        depense.code_projet,
        depense.acronyme,
        depense.partenaire,
        depense.delegataire,
        depense.role_partenaire,
        country.country_code,
        depense.cup,
        project.text_key as project_key,
        partner.text_key as partner_key,
        delegate.text_key as delegate_key
    from {{ ref('stg_synergie__depenses') }} as depense
    left join {{ ref('int_synergie__spelling') }} as project on depense.code_projet = project.text_given
    left join {{ ref('int_synergie__spelling') }} as partner on depense.partenaire = partner.text_given
    left join {{ ref('int_synergie__spelling') }} as delegate on depense.delegataire = delegate.text_given
    left join {{ ref('int_synergie__spelling') }} as country on depense.pays = country.text_given
),

acronym as (
    select
        spelling.text_key as acronym_key,
        min(named.project_key) as project_key
    from named
    inner join {{ ref('int_synergie__spelling') }} as spelling on named.acronyme = spelling.text_given
    group by spelling.text_key
    having count(distinct named.project_key) = 1
),

beneficiary as (
    select
        'depenses' as stream_name,
        record_key,
        project_key,
        code_projet as project_code,
        acronyme as project_name,
        partenaire as partner_name,
        partner_key,
        cast(null as text) as parent_partner_key,
        case role_partenaire when 'LP' then 'LEAD' when 'PP' then 'PARTNER' end as role_code,
        country_code,
        cup as cup_given
    from named
),

delegate as (
    select
        'depenses' as stream_name,
        record_key,
        project_key,
        code_projet as project_code,
        acronyme as project_name,
        delegataire as partner_name,
        delegate_key as partner_key,
        partner_key as parent_partner_key,
        'DELEGATE' as role_code,
        country_code,
        cast(null as text) as cup_given
    from named
    where delegate_key <> partner_key
),

planned as (
    select
        'budgets' as stream_name,
        budget.record_key,
        coalesce(acronym.project_key, {{ normalise_text('budget.projet') }}) as project_key,
        budget.projet as project_code,
        cast(null as text) as project_name,
        budget.partenaire as partner_name,
        {{ normalise_text('budget.partenaire') }} as partner_key,
        cast(null as text) as parent_partner_key,
        case
            when budget.type_ligne = 'hors_feder' then 'OUTSIDE_ERDF'
            when budget.role_partenaire = 'LP' then 'LEAD'
            when budget.role_partenaire = 'PP' then 'PARTNER'
        end as role_code,
        {{ country_code('budget.pays') }} as country_code,
        cast(null as text) as cup_given
    from {{ ref('stg_synergie__budgets') }} as budget
    left join acronym on {{ normalise_text('budget.projet') }} = acronym.acronym_key
    where budget.type_ligne <> 'total'
),

statement as (
    select * from beneficiary
    union all
    select * from delegate
    union all
    select * from planned
)

select
    'synergie' as source_id,
    stream_name,
    record_key,
    project_key,
    project_code,
    project_name,
    partner_name,
    partner_key,
    parent_partner_key,
    role_code,
    -- One statement with a country serves all statements about the same partner.
    max(country_code) over (partition by project_key, partner_key) as country_code,
    cup_given
from statement
