-- How each partner calculates each cost category, and what it declared by another method all the same (rule R15).
with declared as (
    select
        partner_id,
        cost_category_code,
        cost_method_code,
        sum(amount_declared_eur) as amount_eur
    from {{ ref('int_money_total') }}
    where cost_method_code is not null
    group by partner_id, cost_category_code, cost_method_code
)

select
    method.project_id,
    method.partner_id,
    method.cost_category_code,
    method.cost_method_code,
    method.is_planned,
    cast(
        coalesce(sum(declared.amount_eur) filter (where declared.cost_method_code = method.cost_method_code), 0)
        as numeric(14, 2)
    ) as amount_declared_eur,
    cast(
        coalesce(sum(declared.amount_eur) filter (where declared.cost_method_code <> method.cost_method_code), 0)
        as numeric(14, 2)
    ) as amount_other_method_eur
from {{ ref('int_money_method') }} as method
left join declared
    on method.partner_id = declared.partner_id and method.cost_category_code = declared.cost_category_code
group by
    method.project_id, method.partner_id, method.cost_category_code, method.cost_method_code, method.is_planned
