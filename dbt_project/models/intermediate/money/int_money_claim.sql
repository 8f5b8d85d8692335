{{ config(materialized='table') }}

-- Headers of claims as the files write them; of the same claim in two files the newest counts.
with header as (
    select
        demande.*,
        {{ normalise_text('demande.code_projet') }} as project_key,
        {{ normalise_text('demande.partenaire') }} as partner_key,
        case
            when demande.niveau = 'projet' or demande.partenaire is null then 'PROJECT' else 'PARTNER'
        end as claim_level_code
    from {{ ref('stg_synergie__demandes') }} as demande
),

aged as (
    select
        header.*,
        row_number() over (
            partition by header.project_key, header.partner_key, header.claim_level_code, header.numero_demande
            order by header.extrait_le desc nulls last, header.fetched_at desc, header.record_key asc
        ) as age
    from header
),

latest as (
    select * from aged
    where age = 1
),

project as (
    select distinct
        project_key,
        project_id
    from {{ ref('int_partner') }}
)

select
    latest.record_key,
    latest.project_key,
    case when latest.claim_level_code = 'PARTNER' then latest.partner_key end as partner_key,
    project.project_id,
    partner.partner_id,
    partner.partner_role_code,
    latest.claim_level_code,
    latest.numero_demande as claim_number,
    cast(substring(latest.numero_demande from '^[0-9]{1,4}$') as integer) as claim_sequence,
    latest.periode_debut as claim_period_start_date,
    latest.periode_fin as claim_period_end_date,
    latest.date_depot as submission_date,
    latest.numero_certificat as certificate_number,
    latest.date_certificat as certificate_date,
    upper(latest.devise) as currency_code,
    case when upper(latest.devise) = 'EUR' then latest.montant_demande end as amount_declared_eur,
    case when upper(latest.devise) = 'EUR' then latest.montant_certifie end as amount_certified_eur,
    case when upper(latest.devise) = 'EUR' then latest.feder end as amount_erdf_eur,
    case when upper(latest.devise) = 'EUR' then latest.cpn end as amount_national_public_eur,
    case when upper(latest.devise) = 'EUR' then latest.autofinancement end as amount_self_financing_eur,
    latest.montant_ambigu as has_ambiguous_amount,
    latest.fichier as source_file_name,
    latest.feuille as source_sheet_name,
    latest.ligne as source_row_number
from latest
inner join project on latest.project_key = project.project_key
left join {{ ref('int_partner') }} as partner
    on
        latest.project_key = partner.project_key
        and latest.partner_key = partner.partner_key
        and latest.claim_level_code = 'PARTNER'
