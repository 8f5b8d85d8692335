select
    'bud_' || md5(budget.source_id || '|' || budget.record_key) as budget_id,
    partner.project_id,
    partner.partner_id,
    cast(null as text) as work_package_code,
    cast(null as text) as cost_category_code,
    cast(null as text) as cost_method_code,
    cast(null as integer) as budget_year,
    cast(null as text) as budget_version,
    budget.amount_budget_eur,
    budget.amount_erdf_eur,
    budget.amount_national_public_eur,
    budget.amount_self_financing_eur,
    budget.erdf_rate_pct,
    budget.amount_budget_given,
    budget.currency_code,
    budget.source_id,
    budget.record_key as source_record_key,
    status.is_stale
from {{ ref('int_synergie__budget') }} as budget
inner join {{ ref('int_partner') }} as partner
    on budget.project_key = partner.project_key and budget.partner_key = partner.partner_key
inner join {{ ref('int_source_status') }} as status
    on budget.source_id = status.source_id and budget.stream_name = status.stream_name
