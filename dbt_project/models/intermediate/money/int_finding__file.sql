{{ config(materialized='ephemeral') }}

-- R32: totals printed in a file against its lines, as the reader found them; R17 where the plan's own ERDF figures
-- disagree. Claims are compared with all their lines by R23. A file whose lines newer files have all replaced is silent.
with suspect as (
    select *
    from {{ ref('stg_synergie__controles') }}
    where not conforme and nature not in ('demande', 'lignes_remplacees')
),

live_file as (
    select
        file_hash,
        case when count(distinct project_id) = 1 then min(project_id) end as project_id
    from (
        select
            depense.sha256_fichier as file_hash,
            line.project_id
        from {{ ref('stg_synergie__depenses') }} as depense
        inner join {{ ref('int_money_line') }} as line on depense.record_key = line.record_key
        where depense.sha256_fichier in (select suspect.sha256_fichier from suspect)
        union all
        select
            budget.sha256_fichier as file_hash,
            plan.project_id
        from {{ ref('stg_synergie__budgets') }} as budget
        inner join {{ ref('int_money_budget') }} as plan on budget.record_key = plan.record_key
    ) as living
    group by file_hash
)

select
    case when check_row.nature in ('taux_feder', 'taux_du_total') then 'R17' else 'R32' end as rule_code,
    check_row.record_key as finding_key,
    live_file.project_id,
    cast(null as text) as partner_id,
    cast(null as text) as claim_number,
    case when check_row.nature = 'feuille_sans_entete' then 'WARNING' end as severity_code,
    case when check_row.nature <> 'feuille_sans_entete' then abs(check_row.difference) end as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    case check_row.champ
        when 'montant_declare' then 'amount_declared_eur'
        when 'montant_certifie' then 'amount_certified_eur'
        when 'montant_ecarte' then 'amount_rejected_eur'
        when 'montant_total' then 'amount_budget_eur'
        when 'feder' then 'amount_erdf_eur'
        else check_row.champ
    end as field_name,
    {{ amount_text('check_row.trouve') }} as found_text,
    {{ amount_text('check_row.attendu') }} as expected_text,
    check_row.fichier as source_file_name,
    check_row.feuille as source_sheet_name,
    check_row.ligne as source_row_number
from suspect as check_row
inner join live_file on check_row.sha256_fichier = live_file.file_hash
