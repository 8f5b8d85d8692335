{{ config(
    materialized='table',
    unlogged=True,
    meta={'statistics': [
        'record_key', 'project_id', 'partner_id', 'claim_number', 'cost_category_code', 'cost_method_code',
        'expense_status_code', 'has_ambiguous_amount', 'currency_code', 'invoice_date', 'amount_gross_given',
        'expense_number', 'expense_text', 'supplier_name', 'cost_category_text', 'delegate_key', 'partner_key',
    ]}
) }}

-- Expense lines in the words of the common model, not yet linked. Amounts are in euros; `is_sensitive` marks every
-- line that can identify a person: staff and travel lines, pay and mission documents, lines the export itself
-- marks, and suppliers that are natural persons (a sixteen-character codice fiscale).
--
-- A claim is made in euros: what is declared, certified and shared out is in euros also where the document is in
-- another currency. Only a partner outside the ERDF total keeps its whole account in its own currency.
with own_currency as (
    select distinct {{ normalise_text('partenaire') }} as partner_key
    from {{ ref('stg_synergie__budgets') }}
    where type_ligne = 'hors_feder' and upper(devise) <> 'EUR'
),

line as (
    select
        depense.*,
        project.text_key as project_key,
        partner.text_key as partner_key,
        delegate.text_key as delegate_key,
        categorie.code as cost_category_code,
        methode.code as cost_method_code,
        type_piece.code as document_type_code,
        coalesce(statut.code, 'UNKNOWN') as expense_status_code,
        case when own_currency.partner_key is null then 'EUR' else upper(depense.devise) end as claim_currency_code
    from {{ ref('stg_synergie__depenses') }} as depense
    left join {{ ref('int_synergie__spelling') }} as project on depense.code_projet = project.text_given
    left join {{ ref('int_synergie__spelling') }} as partner on depense.partenaire = partner.text_given
    left join {{ ref('int_synergie__spelling') }} as delegate on depense.delegataire = delegate.text_given
    left join {{ ref('int_synergie__spelling') }} as category_term on depense.categorie = category_term.text_given
    left join {{ ref('int_synergie__spelling') }} as method_term on depense.methode = method_term.text_given
    left join {{ ref('int_synergie__spelling') }} as document_term on depense.type_piece = document_term.text_given
    left join {{ ref('int_synergie__spelling') }} as status_term on depense.statut = status_term.text_given
    left join {{ ref('_map_synergie__categorie') }} as categorie on category_term.text_key = categorie.source_value
    left join {{ ref('_map_synergie__methode') }} as methode on method_term.text_key = methode.source_value
    left join {{ ref('_map_synergie__type_piece') }} as type_piece on document_term.text_key = type_piece.source_value
    left join {{ ref('_map_synergie__statut') }} as statut on status_term.text_key = statut.source_value
    left join own_currency on partner.text_key = own_currency.partner_key
)

-- What the rules look at stands first: a scan unpacks a row no further than it must.
select
    'ptn_' || md5('synergie|' || project_key || '|' || partner_key) as partner_id,
    'prj_' || md5('synergie|' || project_key) as project_id,
    numero_demande as claim_number,
    cost_category_code,
    cost_method_code,
    expense_status_code,
    coalesce(donnees_sensibles, false)
    or coalesce(cost_category_code in ('STAFF', 'TRAVEL_ACCOMMODATION'), false)
    or coalesce(document_type_code in ('PAYSLIP', 'TIMESHEET', 'TRAVEL_ORDER', 'EXPENSE_REPORT'), false)
    or coalesce({{ alphanumeric('fournisseur_id') }} ~ '^[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z]', false) as is_sensitive,
    tva_recuperable as is_vat_recoverable,
    montant_ambigu as has_ambiguous_amount,
    date_facture as invoice_date,
    date_paiement as payment_date,
    date_controle as control_date,
    periode_debut as claim_period_start_date,
    periode_fin as claim_period_end_date,
    {{ amount_eur('montant_declare', 'claim_currency_code', 'taux_change') }} as amount_declared_eur,
    {{ amount_eur('montant_certifie', 'claim_currency_code', 'taux_change') }} as amount_certified_eur,
    {{ amount_eur('montant_ecarte', 'claim_currency_code', 'taux_change') }} as amount_rejected_eur,
    montant_ttc as amount_gross_given,
    montant_ht as amount_net_given,
    montant_tva as amount_vat_given,
    taux_affectation as imputation_pct,
    upper(devise) as currency_code,
    claim_currency_code,
    taux_change as exchange_rate,
    document_type_code,
    code_wp as work_package_code,
    code_activite as project_activity_code,
    {{ amount_eur('feder', 'claim_currency_code', 'taux_change') }} as amount_erdf_eur,
    {{ amount_eur('cpn', 'claim_currency_code', 'taux_change') }} as amount_national_public_eur,
    {{ amount_eur('autofinancement', 'claim_currency_code', 'taux_change') }} as amount_self_financing_eur,
    cup as cup_given,
    delegate_key,
    partner_key,
    numero_depense as expense_number,
    record_key,
    fournisseur as supplier_name,
    fournisseur_id as supplier_id_given,
    numero_facture as invoice_number,
    libelle as expense_text,
    coalesce(categorie, section) as cost_category_text,
    'synergie' as source_id,
    'depenses' as stream_name,
    project_key,
    code_projet as project_code,
    partenaire as partner_name,
    {{ amount_eur('montant_ht', 'upper(devise)', 'taux_change') }} as amount_net_eur,
    {{ amount_eur('montant_tva', 'upper(devise)', 'taux_change') }} as amount_vat_eur,
    {{ amount_eur('montant_ttc', 'upper(devise)', 'taux_change') }} as amount_gross_eur,
    montant_declare as amount_declared_given,
    motif_ecart as rejection_reason_text,
    numero_certificat as certificate_number,
    reference_marche as procurement_reference,
    mois_change as exchange_month,
    delegataire as delegate_name,
    reference_paiement as payment_reference,
    commentaire as comment_text,
    lectures_alternatives as other_readings,
    fichier as source_file_name,
    feuille as source_sheet_name,
    ligne as source_row_number,
    run_id,
    fetched_at,
    payload_hash
from line
