{{ config(materialized='table', unlogged=True, meta={'statistics': ['rule_code']}) }}

-- Rules on single lines, all in one pass: a line that breaks none of them is looked at once. `where` may use every column
-- of int_money_line and int_money_line_in_project; the other entries are SQL for what the finding shows.
-- `severity` replaces the registry's; `field_sql` tells the field where it depends on the line.
{% set tolerance = money_parameter('amount_tolerance_eur') %}
{% set eligible = [money_parameter_date('eligibility_start_date'), money_parameter_date('eligibility_end_date')] %}
{% set early = "(not line.is_preparation and least(line.invoice_date, line.payment_date) < line.start_date)" %}
{% set rules = [
    {
        'rule': 'R02', 'field': 'cost_category_text',
        'about': 'a category that is none of the six; preparation costs are a type of their own',
        'where': "line.cost_category_code is null and not line.is_preparation",
        'found': "case when not line.is_sensitive then line.cost_category_text end",
    },
    {
        'rule': 'R03', 'field': 'payment_date', 'about': 'paid outside the eligibility period of the Funds',
        'where': "line.payment_date not between " ~ eligible[0] ~ " and " ~ eligible[1],
        'found': "line.payment_date",
        'expected': eligible[0] ~ " || '/' || " ~ eligible[1],
    },
    {
        'rule': 'R04',
        'about': 'before the project began or after it ended; a payment shortly after the end, or after an end that is
            only inferred, is a question and no accusation',
        'where': "(" ~ early ~ " or line.invoice_date > line.end_date or line.payment_date > line.end_date)",
        'found': "case when " ~ early ~ " then least(line.invoice_date, line.payment_date)
            else greatest(line.invoice_date, line.payment_date) end",
        'expected': "line.start_date || '/' || line.end_date",
        'field_sql': "case
            when " ~ early ~ " and line.invoice_date < line.start_date then 'invoice_date'
            when not " ~ early ~ " and line.invoice_date > line.end_date
                and line.invoice_date >= coalesce(line.payment_date, line.invoice_date) then 'invoice_date'
            else 'payment_date' end",
        'severity': "case
            when " ~ early ~ " then null
            when line.is_known and (
                line.invoice_date > line.end_date
                or line.payment_date > line.end_date + cast(" ~ money_parameter('payment_tail_days') ~ " as integer)
            ) then null
            else 'WARNING' end",
    },
    {
        'rule': 'R05', 'field': 'payment_date',
        'about': 'invoice, payment, filing, certificate in this order; a credit note may be settled before it is written',
        'where': "(
            (line.payment_date < line.invoice_date and line.document_type_code is distinct from 'CREDIT_NOTE')
            or line.payment_date > line.submission_date
            or line.payment_date > line.control_date
            or line.submission_date > line.control_date
        )",
        'found': "line.payment_date",
        'expected': "coalesce(cast(line.invoice_date as text), '') || '/'
            || coalesce(cast(least(line.submission_date, line.control_date) as text), '')",
    },
    {
        'rule': 'R06', 'field': 'payment_date', 'about': 'real cost without a day of payment',
        'where': "line.is_real_cost and line.payment_date is null",
        'found': "null",
    },
    {
        'rule': 'R07', 'field': 'amount_gross_given',
        'about': 'net and tax give the total of the document, in its currency',
        'where': "abs(line.amount_net_given + line.amount_vat_given - line.amount_gross_given) > " ~ tolerance,
        'found': amount_text('line.amount_gross_given'),
        'expected': amount_text('line.amount_net_given + line.amount_vat_given'),
        'at_stake': "abs(line.amount_net_given + line.amount_vat_given - line.amount_gross_given)
            / coalesce(line.document_rate, 1)",
    },
    {
        'rule': 'R08', 'field': 'amount_declared_eur',
        'about': 'recoverable VAT stays out; on staff lines the columns mean pay and charges',
        'where': "line.is_vat_recoverable and line.cost_category_code is distinct from 'STAFF'
            and coalesce(line.amount_vat_given, line.amount_gross_given - line.amount_net_given, 1) <> 0
            and line.amount_declared_eur - line.net_share_eur > " ~ tolerance,
        'found': amount_text('line.amount_declared_eur'),
        'expected': amount_text('line.net_share_eur'),
        'at_stake': "line.amount_declared_eur - line.net_share_eur",
        'suggested': "line.net_share_eur",
    },
    {
        'rule': 'R09', 'field': 'amount_declared_eur',
        'about': "not more than the document's share; a document in another currency is the business of R28",
        'where': "line.currency_code = line.claim_currency_code
            and line.amount_declared_eur - line.gross_share_eur > " ~ tolerance,
        'found': amount_text('line.amount_declared_eur'),
        'expected': amount_text('line.gross_share_eur'),
        'at_stake': "line.amount_declared_eur - line.gross_share_eur",
        'suggested': "line.gross_share_eur",
    },
    {
        'rule': 'R10', 'field': 'amount_certified_eur',
        'about': 'certified between nothing and the declared amount (a credit note is negative on both sides); declared is
            certified plus rejected, unless the rest is parked',
        'where': "line.amount_certified_eur is not null and (
            line.amount_certified_eur > greatest(line.amount_declared_eur, 0)
            or line.amount_certified_eur < least(line.amount_declared_eur, 0)
            or (
                line.amount_rejected_eur is not null and line.expense_status_code <> 'PARKED'
                and abs(line.amount_declared_eur - line.amount_certified_eur - line.amount_rejected_eur) > "
                ~ tolerance ~ "
            )
        )",
        'found': amount_text('line.amount_certified_eur'),
        'expected': amount_text('line.amount_declared_eur - coalesce(line.amount_rejected_eur, 0)'),
        'at_stake': "abs(line.amount_declared_eur - line.amount_certified_eur - coalesce(line.amount_rejected_eur, 0))",
    },
    {
        'rule': 'R14', 'field': 'amount_declared_eur', 'about': 'hours at their rate give what is declared',
        'where': "abs(line.hours_worked * line.hourly_rate_eur * line.imputation_share - line.amount_declared_eur) > "
            ~ tolerance ~ " and abs(line.hours_worked * line.hourly_rate_eur - line.amount_declared_eur) > " ~ tolerance,
        'found': amount_text('line.amount_declared_eur'),
        'expected': amount_text('line.hours_worked * line.hourly_rate_eur'),
        'at_stake': "abs(line.hours_worked * line.hourly_rate_eur - line.amount_declared_eur)",
        'suggested': "line.hours_worked * line.hourly_rate_eur",
    },
    {
        'rule': 'R16', 'field': 'expense_text',
        'about': "an item of Article 4 under another category while the partner's office costs are a flat rate",
        'where': "line.office_term is not null and line.has_flat_office
            and line.cost_category_code in ('TRAVEL_ACCOMMODATION', 'EXTERNAL_EXPERTISE_SERVICES', 'EQUIPMENT')",
        'found': "line.office_term",
    },
    {
        'rule': 'R17', 'field': 'amount_erdf_eur', 'about': 'on a line that states its ERDF share',
        'where': "line.amount_erdf_eur - line.erdf_limit_eur > " ~ tolerance,
        'found': amount_text('line.amount_erdf_eur'),
        'expected': amount_text('line.erdf_limit_eur'),
        'at_stake': "line.amount_erdf_eur - line.erdf_limit_eur",
        'suggested': "line.erdf_limit_eur",
    },
    {
        'rule': 'R18', 'field': 'amount_erdf_eur', 'about': 'on a line that states its sources of finance',
        'where': "num_nonnulls(line.amount_national_public_eur, line.amount_self_financing_eur) > 0
            and abs(line.parts_eur - line.amount_declared_eur) > " ~ tolerance ~ "
            and abs(line.parts_eur - line.base_eur) > " ~ tolerance,
        'found': amount_text('line.parts_eur'),
        'expected': amount_text('line.base_eur'),
        'at_stake': "abs(line.parts_eur - line.base_eur)",
    },
    {
        'rule': 'R19', 'field': 'cup_code',
        'about': 'an Italian partner without CUP on this line alone, a French one with, a CUP of another shape',
        'where': "(
            (line.partner_country_code = 'IT' and line.cup_code is null and line.has_cup)
            or (line.partner_country_code = 'FR' and line.cup_code is not null)
            or (line.partner_country_code is distinct from 'FR' and line.cup_code !~ '^[A-Z][0-9]{2}[A-Z0-9]{12}$')
        )",
        'found': "line.cup_code",
    },
    {
        'rule': 'R21', 'field': 'project_activity_code',
        'about': 'an activity that is not in the work plan, or, in a known project, in which the partner has no part',
        'where': "line.calendar_code is not null and line.activity_code is not null and (
            not line.is_in_plan
            or (line.is_known and line.partner_key ~ ('\\m(' || line.partners_excluded || ')\\M'))
            or (line.is_known and line.partner_key !~ ('\\m(' || line.partners_only || ')\\M'))
        )",
        'found': "line.activity_code",
    },
    {
        'rule': 'R22', 'field': 'invoice_date',
        'about': 'a document dated in a month of the project in which its activity is not open',
        'where': "not line.is_preparation and (line.invoice_date < line.opens_on or line.invoice_date >= line.closed_on)",
        'found': "line.invoice_date",
        'expected': "cast(line.opens_on as date) || '/' || cast(line.closed_on - interval '1 day' as date)",
    },
    {
        'rule': 'R25', 'field': 'supplier_name', 'about': 'the supplier takes part in the project, by name or official number',
        'where': "line.is_real_cost and line.cost_category_code is distinct from 'STAFF' and line.is_member",
        'found': "case when not line.is_sensitive then line.supplier_name end",
    },
    {
        'rule': 'R28', 'field': 'amount_declared_eur',
        'about': "the declared euros are the document's share divided by the rate, half up; without a rate nothing can be told",
        'where': "line.currency_code <> 'EUR' and line.claim_currency_code = 'EUR' and (
            line.document_rate is null
            or (
                abs(line.amount_declared_eur - line.gross_share_eur) > " ~ tolerance ~ "
                and abs(line.amount_declared_eur - coalesce(line.net_share_eur, 0)) > " ~ tolerance ~ "
            )
        )",
        'found': amount_text('line.amount_declared_eur'),
        'expected': amount_text('line.gross_share_eur'),
        'at_stake': "coalesce(abs(line.amount_declared_eur - line.gross_share_eur), line.amount_declared_eur)",
        'suggested': "line.gross_share_eur",
        'severity': "case when line.amount_declared_eur < line.gross_share_eur then 'WARNING' end",
    },
    {
        'rule': 'R29', 'field': 'durability_end_date',
        'about': 'equipment and works must stay in use; the day shown is the earliest on which the duty can end',
        'where': "line.cost_category_code in ('EQUIPMENT', 'INFRASTRUCTURE_WORKS') and line.amount_declared_eur > 0",
        'found': "null",
        'expected': "cast(greatest(line.end_date, line.payment_date)
            + " ~ money_parameter('durability_years') ~ " * interval '1 year' as date)",
        'at_stake': "null",
    },
    {
        'rule': 'R30', 'field': 'supplier_name',
        'about': 'a line with the name of a person; it is masked in everything that is published',
        'where': "line.is_sensitive and line.is_real_cost
            and (line.cost_category_code = 'STAFF' or line.document_type_code = 'PAYSLIP')",
        'found': "null",
        'at_stake': "null",
    },
] %}

{{ line_findings(rules, ref('int_money_line_in_project')) }}
