{{ config(materialized='ephemeral') }}

-- R24: consumption above the budget, by partner and category, and by partner as a whole. Refused amounts free the
-- budget again.
with used as (
    select
        project_id,
        partner_id,
        cost_category_code,
        sum(amount_consumed_eur) as amount_eur
    from {{ ref('int_money_total') }}
    group by grouping sets ((project_id, partner_id, cost_category_code), (project_id, partner_id))
    having grouping(cost_category_code) = 1 or cost_category_code is not null
),

planned as (
    select
        project_id,
        partner_id,
        cost_category_code,
        sum(amount_budget_eur) as amount_eur
    from {{ ref('int_money_budget') }}
    where is_counted and (budget_level_code = 'PARTNER' or cost_category_code is not null)
    group by project_id, partner_id, cost_category_code
)

select
    'R24' as rule_code,
    used.partner_id || '|' || coalesce(used.cost_category_code, '') as finding_key,
    true as by_description,
    used.project_id,
    used.partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    used.amount_eur - planned.amount_eur as amount_at_stake_eur,
    planned.amount_eur as amount_suggested_eur,
    used.cost_category_code,
    'consumption_pct' as field_name,
    {{ amount_text('100 * used.amount_eur / planned.amount_eur') }} || ' %' as found_text,
    case
        when used.amount_eur > planned.amount_eur * (1 + {{ money_parameter('flexibility_pct') }} / 100)
            then cast(100 + {{ money_parameter('flexibility_pct') }} as text) || ' %'
        else cast({{ money_parameter('consumption_warning_pct') }} as text) || ' %'
    end as expected_text
from used
inner join planned
    on
        used.project_id = planned.project_id
        and used.partner_id = planned.partner_id
        and used.cost_category_code is not distinct from planned.cost_category_code
where
    planned.amount_eur > 0
    and used.amount_eur > planned.amount_eur * {{ money_parameter('consumption_warning_pct') }} / 100
