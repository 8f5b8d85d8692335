{{ config(materialized='ephemeral') }}

-- R02: a category that is none of the six. Preparation costs are a type of their own.
{{ line_rule(
    'R02', 'cost_category_text',
    where="line.cost_category_code is null and not line.is_preparation",
    found="case when not line.is_sensitive then line.cost_category_text end"
) }}

union all

-- R16: an item of Article 4 under another category while the partner's office costs are a flat rate.
{{ line_rule(
    'R16', 'expense_text',
    where="line.cost_category_code in ('TRAVEL_ACCOMMODATION', 'EXTERNAL_EXPERTISE_SERVICES', 'EQUIPMENT')
        and line.office_term is not null
        and line.partner_id in (
            select total.partner_id from " ~ ref('int_money_total') ~ " as total
            where total.cost_category_code = 'OFFICE_ADMINISTRATION' and total.cost_method_code = 'FLAT'
            union all
            select budget.partner_id from " ~ ref('int_money_budget') ~ " as budget
            where budget.cost_category_code = 'OFFICE_ADMINISTRATION' and budget.cost_method_code = 'FLAT' and budget.is_counted
        )",
    found="line.office_term"
) }}

union all

-- R21: an activity that is not in the work plan, or in which the partner has no part.
select
    'R21' as rule_code,
    line.record_key as finding_key,
    array[line.record_key] as record_keys,
    line.project_id,
    line.partner_id,
    line.claim_number,
    cast(null as text) as severity_code,
    line.amount_declared_eur as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'project_activity_code' as field_name,
    line.activity_code as found_text,
    cast(null as text) as expected_text
from {{ ref('int_money_line') }} as line
inner join {{ ref('int_money_project') }} as project on line.project_id = project.project_id
left join {{ ref('project_activity') }} as activity
    on project.calendar_code = activity.calendar_code and line.activity_code = activity.activity_code
where
    project.calendar_code is not null
    and line.activity_code is not null
    and (
        activity.activity_code is null
        -- Who takes part in what is known of a known project only.
        or (project.is_known and line.partner_key ~ ('\m(' || activity.partners_excluded || ')\M'))
        or (project.is_known and line.partner_key !~ ('\m(' || activity.partners_only || ')\M'))
    )

union all

-- R22: a document dated in a month of the project in which its activity is not open.
select
    'R22' as rule_code,
    line.record_key as finding_key,
    array[line.record_key] as record_keys,
    line.project_id,
    line.partner_id,
    line.claim_number,
    cast(null as text) as severity_code,
    line.amount_declared_eur as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'invoice_date' as field_name,
    cast(line.invoice_date as text) as found_text,
    cast(cast(project.start_date + (activity.first_month - 1) * interval '1 month' as date) as text) || '/'
    || cast(cast(project.start_date + activity.last_month * interval '1 month' - interval '1 day' as date) as text)
        as expected_text
from {{ ref('int_money_line') }} as line
inner join {{ ref('int_money_project') }} as project on line.project_id = project.project_id
inner join {{ ref('project_activity') }} as activity
    on project.calendar_code = activity.calendar_code and line.activity_code = activity.activity_code
where
    not line.is_preparation
    and (
        line.invoice_date < project.start_date + (activity.first_month - 1) * interval '1 month'
        or line.invoice_date >= project.start_date + activity.last_month * interval '1 month'
    )

union all

-- R29: equipment and works must stay in use; the day shown is the earliest on which the duty can end.
{{ line_rule(
    'R29', 'durability_end_date',
    where="line.cost_category_code in ('EQUIPMENT', 'INFRASTRUCTURE_WORKS') and line.amount_declared_eur > 0",
    found="cast(null as text)",
    expected="cast(greatest(project.end_date, line.payment_date)
        + " ~ money_parameter('durability_years') ~ " * interval '1 year' as date)",
    at_stake="cast(null as numeric)"
) }}

union all

-- R30: a line with the name of a person; it is masked in everything that is published.
{{ line_rule(
    'R30', 'supplier_name',
    where="line.is_sensitive and line.is_real_cost
        and (line.cost_category_code = 'STAFF' or line.document_type_code = 'PAYSLIP')",
    found="cast(null as text)",
    at_stake="cast(null as numeric)"
) }}
