-- Lines of financing plans at the detail that the files give: by partner, and by category, work package and year. A sum
-- runs over one of the two levels, and over the lines that count (`is_counted`), never over all.
select
    'bud_' || md5('synergie|' || budget.record_key) as budget_id,
    budget.project_id,
    budget.partner_id,
    budget.budget_level_code,
    budget.work_package_code,
    budget.cost_category_code,
    budget.cost_method_code,
    budget.budget_year,
    budget.budget_version,
    budget.is_counted,
    budget.amount_budget_eur,
    budget.amount_erdf_eur,
    budget.amount_national_public_eur,
    budget.amount_self_financing_eur,
    budget.erdf_rate_pct,
    budget.amount_budget_given,
    budget.currency_code,
    'synergie' as source_id,
    budget.record_key as source_record_key,
    status.is_stale
from {{ ref('int_money_budget') }} as budget
inner join {{ ref('int_source_status') }} as status
    on status.source_id = 'synergie' and status.stream_name = 'budgets'
