-- Every statement that a body takes part in a project: beneficiaries and delegated bodies of expense lines, partners
-- of financing plans. The key of a project is its code; a plan that names it by its acronym finds the code here.
with acronym as (
    select
        {{ normalise_text('acronyme') }} as acronym_key,
        min({{ normalise_text('code_projet') }}) as project_key
    from {{ ref('stg_synergie__depenses') }}
    where acronyme is not null
    group by {{ normalise_text('acronyme') }}
    having count(distinct {{ normalise_text('code_projet') }}) = 1
),

beneficiary as (
    select
        'depenses' as stream_name,
        record_key,
        {{ normalise_text('code_projet') }} as project_key,
        code_projet as project_code,
        acronyme as project_name,
        partenaire as partner_name,
        {{ normalise_text('partenaire') }} as partner_key,
        cast(null as text) as parent_partner_key,
        case role_partenaire when 'LP' then 'LEAD' when 'PP' then 'PARTNER' end as role_code,
        {{ country_code('pays') }} as country_code,
        cup as cup_given
    from {{ ref('stg_synergie__depenses') }}
),

delegate as (
    select
        'depenses' as stream_name,
        record_key,
        {{ normalise_text('code_projet') }} as project_key,
        code_projet as project_code,
        acronyme as project_name,
        delegataire as partner_name,
        {{ normalise_text('delegataire') }} as partner_key,
        {{ normalise_text('partenaire') }} as parent_partner_key,
        'DELEGATE' as role_code,
        {{ country_code('pays') }} as country_code,
        cast(null as text) as cup_given
    from {{ ref('stg_synergie__depenses') }}
    where
        delegataire is not null
        and {{ normalise_text('delegataire') }} <> {{ normalise_text('partenaire') }}
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
