select
    expense.expense_id,
    project.project_code,
    partner.partner_name,
    coalesce(partner.organisation_id, 'UNKNOWN') as partner_organisation_id,
    coalesce(expense.supplier_organisation_id, 'UNKNOWN') as supplier_organisation_id,
    coalesce(partner.territory_code, 'UNKNOWN') as territory_code,
    expense.invoice_date,
    expense.payment_date,
    expense.claim_number,
    expense.work_package_code,
    expense.cost_category_code,
    expense.cost_method_code,
    expense.document_type_code,
    expense.expense_status_code,
    expense.amount_declared_eur,
    expense.amount_certified_eur,
    expense.amount_rejected_eur,
    1 as expense_count,
    expense.source_id,
    expense.is_stale
from {{ ref('expense') }} as expense
inner join {{ ref('project') }} as project on expense.project_id = project.project_id
inner join {{ ref('partner') }} as partner on expense.partner_id = partner.partner_id
