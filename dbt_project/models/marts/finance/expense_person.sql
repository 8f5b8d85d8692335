-- What `expense` leaves out of lines that can identify a person, for those who file the claim: schema `finance`, read by
-- the role traforo_finance alone. Part of the release like every table, and of no file, page or feed.
select
    'exp_' || md5(expense.source_id || '|' || expense.record_key) as expense_id,
    expense.supplier_name,
    expense.supplier_id_given as supplier_identifier,
    expense.invoice_number,
    expense.expense_text,
    expense.rejection_reason_text,
    expense.procurement_reference,
    expense.payment_reference,
    expense.comment_text
from {{ ref('int_synergie__expense') }} as expense
inner join {{ ref('expense') }} as published
    on published.expense_id = 'exp_' || md5(expense.source_id || '|' || expense.record_key)
where
    expense.is_sensitive
    or published.supplier_name is distinct from expense.supplier_name
    or published.expense_text is distinct from expense.expense_text
    or published.rejection_reason_text is distinct from expense.rejection_reason_text
