{{ config(materialized='table') }}

-- What was declared, by partner, claim, activity, category, method and CUP: the aggregates that rules and views share.
select
    project_id,
    partner_id,
    partner_role_code,
    claim_number,
    min(claim_sequence) as claim_sequence,
    claim_period_start_date,
    work_package_code,
    activity_code,
    cost_category_code,
    cost_method_code,
    cup_given,
    count(*) as line_count,
    sum(amount_declared_eur) as amount_declared_eur,
    sum(amount_certified_eur) as amount_certified_eur,
    sum(amount_rejected_eur) as amount_rejected_eur,
    sum(amount_declared_eur - coalesce(amount_certified_eur, 0) - coalesce(amount_rejected_eur, 0))
    filter (where expense_status_code = 'PARKED') as amount_parked_eur,
    sum(amount_declared_eur - coalesce(amount_rejected_eur, 0)) as amount_consumed_eur
from {{ ref('int_money_line') }}
group by
    project_id, partner_id, partner_role_code, claim_number, claim_period_start_date, work_package_code, activity_code,
    cost_category_code, cost_method_code, cup_given
