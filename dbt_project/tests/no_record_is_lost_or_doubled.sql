{{ config(severity='error', meta={'owner': 'data-engineering'}, tags=['release']) }}

-- A join that fans out doubles a company's tonnes; one that filters loses them. Every staged record is exactly one row
-- of its intermediate model, and every publishable one exactly one row of its mart.
with count_pair as (
    select
        'flows' as step,
        (select count(*) from {{ ref('stg_actif__flux') }})
        + (select count(*) from {{ ref('stg_elenco_sottoprodotti__iscrizioni') }}) as expected_rows,
        (select count(*) from {{ ref('int_flow') }}) as actual_rows
    union all
    select
        'published flows' as step,
        (select count(*) from {{ ref('int_publishable_flow') }}) as expected_rows,
        (select count(*) from {{ ref('flow') }}) as actual_rows
    union all
    select
        'listings of third places' as step,
        (select count(*) filter (where redistribuable) from {{ ref('stg_tiers_lieux__lieux') }}) as expected_rows,
        (select coalesce(sum(source_count), 0) from {{ ref('third_place') }}) as actual_rows
    union all
    select
        'news' as step,
        (select count(*) filter (where redistribuable) from {{ ref('stg_tiers_lieux__actualites') }}) as expected_rows,
        (select count(*) from {{ ref('news_item') }}) as actual_rows
    union all
    select
        'expenses' as step,
        (select count(*) from {{ ref('stg_synergie__depenses') }}) as expected_rows,
        (select count(*) from {{ ref('expense') }}) as actual_rows
    union all
    select
        'budget lines' as step,
        (
            select count(*) from {{ ref('stg_synergie__budgets') }}
            where type_ligne <> 'total'
        ) + (
            -- A category of a body that stands in no plan and no expense list belongs to nobody yet.
            select count(*)
            from {{ ref('stg_synergie__postes') }} as poste
            inner join {{ ref('int_partner') }} as partner
                on
                    {{ normalise_text('poste.projet') }} = partner.project_key
                    and {{ normalise_text('poste.partenaire') }} = partner.partner_key
        ) as expected_rows,
        (select count(*) from {{ ref('budget') }}) as actual_rows
    union all
    select
        'mentions of organisations' as step,
        (select count(*) from {{ ref('int_organisation_mention') }}) as expected_rows,
        (select count(*) from {{ ref('int_organisation_member') }}) as actual_rows
    union all
    select
        'declared amounts' as step,
        (
            select coalesce(sum(montant_declare), 0) from {{ ref('stg_synergie__depenses') }}
            where devise = 'EUR'
        ) as expected_rows,
        (
            select coalesce(sum(amount_declared_eur), 0) from {{ ref('expense') }}
            where currency_code = 'EUR'
        ) as actual_rows
)

select *
from count_pair
where expected_rows <> actual_rows
