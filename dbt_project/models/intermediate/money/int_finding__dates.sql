{{ config(materialized='ephemeral') }}

-- R03: paid outside the eligibility period of the Funds.
{{ line_rule(
    'R03', 'payment_date',
    where="line.payment_date not between " ~ money_parameter_date('eligibility_start_date')
        ~ " and " ~ money_parameter_date('eligibility_end_date'),
    found='line.payment_date',
    expected=money_parameter_date('eligibility_start_date') ~ " || '/' || " ~ money_parameter_date('eligibility_end_date')
) }}

union all

-- R04: before the project began or after it ended. A payment shortly after the end, or after an end that is only
-- inferred, is a question and no accusation.
{% set tail = "(project.end_date + cast(" ~ money_parameter('payment_tail_days') ~ " as integer))" %}
{% set early = "(not line.is_preparation and least(line.invoice_date, line.payment_date) < project.start_date)" %}
{{ line_rule(
    'R04', 'invoice_date',
    where="(" ~ early ~ " or line.invoice_date > project.end_date or line.payment_date > project.end_date)",
    found="case when " ~ early ~ " then least(line.invoice_date, line.payment_date)
        else greatest(line.invoice_date, line.payment_date) end",
    expected="project.start_date || '/' || project.end_date",
    field_sql="case
        when " ~ early ~ " and line.invoice_date < project.start_date then 'invoice_date'
        when not " ~ early ~ " and line.invoice_date > project.end_date
            and line.invoice_date >= coalesce(line.payment_date, line.invoice_date) then 'invoice_date'
        else 'payment_date'
    end",
    severity="case
        when " ~ early ~ " then null
        when project.is_known and (line.invoice_date > project.end_date or line.payment_date > " ~ tail ~ ") then null
        else 'WARNING'
    end"
) }}

union all

-- R05: invoice, payment, filing, certificate in this order. A credit note may be settled before it is written.
{{ line_rule(
    'R05', 'payment_date',
    where="(
        (line.payment_date < line.invoice_date and line.document_type_code is distinct from 'CREDIT_NOTE')
        or line.payment_date > line.submission_date
        or line.payment_date > line.control_date
        or line.submission_date > line.control_date
    )",
    found='line.payment_date',
    expected="coalesce(cast(line.invoice_date as text), '') || '/'
        || coalesce(cast(least(line.submission_date, line.control_date) as text), '')"
) }}

union all

-- R06: real cost without a day of payment.
{{ line_rule(
    'R06', 'payment_date',
    where="line.is_real_cost and line.payment_date is null",
    found='cast(null as text)'
) }}
