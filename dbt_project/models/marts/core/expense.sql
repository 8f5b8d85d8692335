-- Expense lines, counted in the name of the beneficiary. On a line that can identify a person (int_synergie__expense)
-- supplier, references and texts are emptied; amounts, dates and category stay. A line in another currency without a rate has no
-- amount in euros; what it declares stays in its own currency.
select
    'exp_' || md5(expense.source_id || '|' || expense.record_key) as expense_id,
    partner.project_id,
    partner.partner_id,
    delegate.partner_id as delegate_partner_id,
    expense.expense_number,
    expense.claim_number,
    expense.claim_period_start_date,
    expense.claim_period_end_date,
    expense.work_package_code,
    expense.project_activity_code,
    expense.cost_category_code,
    expense.cost_category_text,
    expense.cost_method_code,
    expense.document_type_code,
    supplier.organisation_id as supplier_organisation_id,
    case
        when expense.is_sensitive then null
        when supplier.is_natural_person
            then {{ public_organisation_name('expense.supplier_name', 'supplier.is_natural_person', 'supplier.organisation_id') }}
        else expense.supplier_name
    end as supplier_name,
    case when not expense.is_sensitive then expense.invoice_number end as invoice_number,
    expense.invoice_date,
    expense.payment_date,
    case when not expense.is_sensitive then {{ redact_contacts('expense.expense_text') }} end as expense_text,
    expense.amount_net_eur,
    expense.amount_vat_eur,
    expense.is_vat_recoverable,
    expense.amount_gross_eur,
    expense.imputation_pct,
    expense.amount_declared_eur,
    expense.amount_declared_given,
    expense.has_ambiguous_amount,
    expense.amount_certified_eur,
    expense.amount_rejected_eur,
    case
        when not expense.is_sensitive then {{ redact_contacts('expense.rejection_reason_text') }}
    end as rejection_reason_text,
    expense.amount_erdf_eur,
    expense.amount_national_public_eur,
    expense.amount_self_financing_eur,
    expense.control_date,
    expense.certificate_number,
    case when not expense.is_sensitive then expense.procurement_reference end as procurement_reference,
    expense.expense_status_code,
    expense.currency_code,
    case when expense.currency_code <> 'EUR' then expense.exchange_rate end as exchange_rate,
    expense.is_sensitive,
    expense.source_file_name,
    expense.source_sheet_name,
    expense.source_row_number,
    expense.source_id,
    expense.record_key as source_record_key,
    status.is_stale
from {{ ref('int_synergie__expense') }} as expense
inner join {{ ref('int_partner') }} as partner
    on expense.project_key = partner.project_key and expense.partner_key = partner.partner_key
inner join {{ ref('int_source_status') }} as status
    on expense.source_id = status.source_id and expense.stream_name = status.stream_name
left join {{ ref('int_partner') }} as delegate
    on expense.project_key = delegate.project_key and expense.delegate_key = delegate.partner_key
left join {{ ref('int_expense_supplier') }} as supplier on expense.record_key = supplier.record_key
