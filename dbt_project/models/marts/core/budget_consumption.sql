-- Where the money of the plan stands, at three levels: partner, partner and category, partner and work package. Sums run
-- within one level only. The forecast carries the pace of the claims made so far on to the last claim.
with level_total as (
    select
        case
            when grouping(cost_category_code) = 0 then 'CATEGORY'
            when grouping(work_package_code) = 0 then 'WORK_PACKAGE'
            else 'PARTNER'
        end as consumption_level_code,
        project_id,
        partner_id,
        cost_category_code,
        work_package_code,
        sum(amount_declared_eur) as amount_declared_eur,
        sum(amount_certified_eur) as amount_certified_eur,
        sum(amount_rejected_eur) as amount_rejected_eur,
        sum(amount_parked_eur) as amount_parked_eur,
        sum(amount_consumed_eur) as amount_consumed_eur
    from {{ ref('int_money_total') }}
    group by grouping sets (
        (project_id, partner_id), (project_id, partner_id, cost_category_code), (project_id, partner_id, work_package_code)
    )
),

pace as (
    select
        project_id,
        greatest(max(claim_sequence), 1) as claims_made
    from {{ ref('int_money_total') }}
    group by project_id
),

planned as (
    select
        budget_level_code as consumption_level_code,
        project_id,
        partner_id,
        cost_category_code,
        cast(null as text) as work_package_code,
        case when count(distinct cost_method_code) = 1 then min(cost_method_code) end as cost_method_code,
        sum(amount_budget_eur) as amount_budget_eur
    from {{ ref('int_money_budget') }}
    where is_counted and (budget_level_code = 'PARTNER' or cost_category_code is not null)
    group by budget_level_code, project_id, partner_id, cost_category_code
    union all
    select
        'WORK_PACKAGE' as consumption_level_code,
        project_id,
        partner_id,
        cast(null as text) as cost_category_code,
        work_package_code,
        cast(null as text) as cost_method_code,
        sum(amount_budget_eur) as amount_budget_eur
    from {{ ref('int_money_budget') }}
    where is_counted and work_package_code is not null
    group by project_id, partner_id, work_package_code
),

joined as (
    select
        coalesce(spent.consumption_level_code, planned.consumption_level_code) as consumption_level_code,
        coalesce(spent.project_id, planned.project_id) as project_id,
        coalesce(spent.partner_id, planned.partner_id) as partner_id,
        coalesce(spent.cost_category_code, planned.cost_category_code) as cost_category_code,
        coalesce(spent.work_package_code, planned.work_package_code) as work_package_code,
        planned.cost_method_code,
        planned.amount_budget_eur,
        coalesce(spent.amount_declared_eur, 0) as amount_declared_eur,
        coalesce(spent.amount_certified_eur, 0) as amount_certified_eur,
        coalesce(spent.amount_rejected_eur, 0) as amount_rejected_eur,
        coalesce(spent.amount_parked_eur, 0) as amount_parked_eur,
        coalesce(spent.amount_consumed_eur, 0) as amount_consumed_eur
    from level_total as spent
    full outer join planned
        on
            spent.consumption_level_code = planned.consumption_level_code
            and spent.partner_id = planned.partner_id
            and coalesce(spent.cost_category_code, '') = coalesce(planned.cost_category_code, '')
            and coalesce(spent.work_package_code, '') = coalesce(planned.work_package_code, '')
)

select
    'csm_' || md5(
        joined.consumption_level_code || '|' || joined.partner_id || '|' || coalesce(joined.cost_category_code, '') || '|'
        || coalesce(joined.work_package_code, '')
    ) as budget_consumption_id,
    joined.consumption_level_code,
    joined.project_id,
    joined.partner_id,
    joined.cost_category_code,
    joined.work_package_code,
    joined.cost_method_code,
    cast(joined.amount_budget_eur as numeric(14, 2)) as amount_budget_eur,
    cast(joined.amount_declared_eur as numeric(14, 2)) as amount_declared_eur,
    cast(joined.amount_certified_eur as numeric(14, 2)) as amount_certified_eur,
    cast(joined.amount_rejected_eur as numeric(14, 2)) as amount_rejected_eur,
    cast(joined.amount_parked_eur as numeric(14, 2)) as amount_parked_eur,
    cast(joined.amount_consumed_eur as numeric(14, 2)) as amount_consumed_eur,
    cast(joined.amount_budget_eur - joined.amount_consumed_eur as numeric(14, 2)) as amount_remaining_eur,
    cast(
        joined.amount_consumed_eur * {{ money_parameter('claim_count') }}
        / least(coalesce(pace.claims_made, 1), {{ money_parameter('claim_count') }}) as numeric(14, 2)
    ) as amount_forecast_eur,
    cast(round(100 * joined.amount_consumed_eur / nullif(joined.amount_budget_eur, 0), 2) as numeric(9, 2))
        as consumption_pct,
    case
        when joined.amount_budget_eur is null then 'NO_BUDGET'
        when
            joined.amount_consumed_eur
            > joined.amount_budget_eur * (1 + {{ money_parameter('flexibility_pct') }} / 100)
            then 'ABOVE_FLEXIBILITY'
        when
            joined.amount_consumed_eur
            > joined.amount_budget_eur * {{ money_parameter('consumption_warning_pct') }} / 100
            then 'ABOVE_BUDGET'
        else 'WITHIN'
    end as consumption_status_code
from joined
left join pace on joined.project_id = pace.project_id
