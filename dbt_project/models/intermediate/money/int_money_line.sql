-- Every expense line as the rules need it: unmasked, with the keys by which lines are compared. Amounts of the document
-- stand in its currency (`…_given`) and in euros; what is declared is in euros. A view: each rule works out no more than
-- it looks at.
select
    expense.record_key,
    expense.project_id,
    expense.partner_id,
    expense.claim_number,
    expense.cost_category_code,
    coalesce(
        expense.cost_method_code = 'REAL',
        expense.amount_gross_given is not null or expense.invoice_number is not null
    ) as is_real_cost,
    coalesce(category_wording.is_preparation, false) as is_preparation,
    -- Out of the claim for now: control put it aside or refused it, and it may be declared again.
    expense.expense_status_code in ('REJECTED', 'PARKED') as is_set_aside,
    expense.is_sensitive,
    expense.is_vat_recoverable,
    expense.has_ambiguous_amount,
    expense.invoice_date,
    expense.payment_date,
    claim.submission_date,
    least(expense.control_date, claim.certificate_date) as control_date,
    expense.claim_period_start_date,
    expense.claim_period_end_date,
    cast(substring(expense.claim_number from '^[0-9]{1,4}$') as integer) as claim_sequence,
    expense.amount_declared_eur,
    expense.amount_certified_eur,
    expense.amount_rejected_eur,
    expense.amount_erdf_eur,
    expense.amount_national_public_eur,
    expense.amount_self_financing_eur,
    expense.amount_net_given,
    expense.amount_vat_given,
    expense.amount_gross_given,
    expense.imputation_pct,
    coalesce(expense.imputation_pct, 100) / 100 as imputation_share,
    case
        when expense.currency_code = 'EUR' then 1 when expense.exchange_rate > 0 then expense.exchange_rate
    end as document_rate,
    expense.currency_code,
    expense.claim_currency_code,
    expense.expense_status_code,
    expense.document_type_code,
    expense.cost_method_code,
    label_wording.office_term,
    expense.project_activity_code as activity_code,
    expense.partner_key,
    expense.delegate_key,
    partner.country_code as partner_country_code,
    expense.cup_given,
    coalesce(supplier.organisation_id, {{ alphanumeric('expense.supplier_id_given') }}) as supplier_identity,
    supplier_wording.supplier_key,
    {{ invoice_key('expense.invoice_number') }} as invoice_key,
    expense.expense_number,
    'exp_' || md5(expense.source_id || '|' || expense.record_key) as expense_id,
    partner.partner_role_code,
    expense.delegate_name,
    coalesce(
        expense.work_package_code, nullif(split_part(expense.project_activity_code, '.', 1), '')
    ) as work_package_code,
    expense.cost_category_text,
    expense.supplier_name,
    pay_wording.hours_worked,
    pay_wording.hourly_rate_eur,
    expense.exchange_rate,
    expense.amount_declared_given,
    expense.certificate_number,
    expense.other_readings,
    expense.source_file_name,
    expense.source_sheet_name,
    expense.source_row_number
from {{ ref('int_synergie__expense') }} as expense
inner join {{ ref('int_partner') }} as partner on expense.partner_id = partner.partner_id
left join {{ ref('int_expense_supplier') }} as supplier on expense.record_key = supplier.record_key
left join {{ ref('int_money_claim') }} as claim
    on
        expense.partner_id = claim.partner_id
        and expense.claim_number = claim.claim_number
        and claim.claim_level_code = 'PARTNER'
-- Of these at most one row matches, which the unique key tells the planner: a rule that reads none of their columns
-- does not join them.
left join {{ ref('int_money_wording') }} as supplier_wording
    on expense.supplier_name = supplier_wording.text_given and supplier_wording.text_kind_code = 'SUPPLIER'
left join {{ ref('int_money_wording') }} as label_wording
    on
        expense.expense_text = label_wording.text_given
        and label_wording.text_kind_code = 'LABEL'
        and expense.cost_category_code is distinct from 'STAFF'
left join {{ ref('int_money_wording') }} as pay_wording
    on
        expense.expense_text = pay_wording.text_given
        and pay_wording.text_kind_code = 'PAY'
        and expense.cost_category_code = 'STAFF'
left join {{ ref('int_money_wording') }} as category_wording
    on expense.cost_category_text = category_wording.text_given and category_wording.text_kind_code = 'CATEGORY'
