{{ config(materialized='table') }}

-- The method of each partner's cost category: of the application form; where it is not known, the one that most of the
-- money follows.
with known as (
    select
        project_id,
        partner_id,
        cost_category_code,
        cost_method_code,
        true as is_planned,
        sum(amount_budget_eur) as amount_eur
    from {{ ref('int_money_budget') }}
    where budget_level_code = 'CATEGORY' and is_counted
    group by project_id, partner_id, cost_category_code, cost_method_code
    union all
    select
        project_id,
        partner_id,
        cost_category_code,
        cost_method_code,
        false as is_planned,
        sum(amount_declared_eur) as amount_eur
    from {{ ref('int_money_total') }}
    group by project_id, partner_id, cost_category_code, cost_method_code
)

select distinct on (partner_id, cost_category_code)
    project_id,
    partner_id,
    cost_category_code,
    cost_method_code,
    is_planned
from known
where cost_category_code is not null and cost_method_code is not null
order by partner_id asc, cost_category_code asc, is_planned desc, amount_eur desc, cost_method_code asc
